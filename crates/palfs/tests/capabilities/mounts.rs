//! Filesystems for one test each: loop images and memory, unmounted again whatever the test did.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Where a filesystem is mounted; both go with this value.
pub struct Mount {
    base: PathBuf,
    /// The mount points in it, the last one made first to go.
    mounted: Vec<PathBuf>,
}

/// Runs a command; what it said on failure is the error.
pub fn run(command: &str, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(command)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{command}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Mount {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("palfs-capabilities-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let base = std::env::temp_dir().join(name);
        fs::create_dir(&base).unwrap();
        Self { base, mounted: Vec::new() }
    }

    /// A directory in the mount that a test has for itself.
    pub fn path(&self) -> PathBuf {
        self.base.join("mnt")
    }

    fn attach(&mut self, point: &Path, command: &str, arguments: &[&str]) -> Result<(), String> {
        fs::create_dir_all(point).unwrap();
        let mut all = arguments.to_vec();
        all.push(text(point));
        run(command, &all)?;
        // fusefat reports success also where it was not let.
        let device = |path: &Path| fs::metadata(path).unwrap().dev();
        if device(point) == device(&self.base) {
            return Err(format!("{command} {all:?} has mounted nothing"));
        }
        self.mounted.push(point.to_path_buf());
        Ok(())
    }

    /// An image made by `mkfs` (its name is put last) and mounted by `mount` (image and directory are put last).
    pub fn image(megabytes: u64, mkfs: &[&str], mount: &[&str]) -> Result<Self, String> {
        let mut this = Self::new();
        let image = this.base.join("image");
        fs::File::create(&image).unwrap().set_len(megabytes << 20).unwrap();
        let (image, point) = (text(&image).to_owned(), this.path());
        let (program, options) = mkfs.split_first().unwrap();
        run(program, &[options, &[image.as_str()]].concat())?;
        let (program, options) = mount.split_first().unwrap();
        this.attach(&point, program, &[options, &[image.as_str()]].concat())?;
        Ok(this)
    }

    /// An image made of a directory with one file.
    pub fn archive() -> Result<Self, String> {
        let mut this = Self::new();
        let (image, content) = (this.base.join("image"), this.base.join("content"));
        fs::create_dir(&content).unwrap();
        fs::write(content.join("Existing"), vec![1; 5000]).unwrap();
        run("mksquashfs", &[text(&content), text(&image), "-quiet", "-no-progress"])?;
        let point = this.path();
        this.attach(&point, "mount", &["-o", "loop", text(&image)])?;
        Ok(this)
    }

    /// A filesystem in memory.
    pub fn memory(kind: &str) -> Result<Self, String> {
        let mut this = Self::new();
        let point = this.path();
        this.attach(&point, "mount", &["-t", kind, kind])?;
        Ok(this)
    }

    /// An overlay whose layers are on a tmpfs.
    pub fn overlay() -> Result<Self, String> {
        let mut this = Self::new();
        let layers = this.base.join("layers");
        this.attach(&layers, "mount", &["-t", "tmpfs", "tmpfs"])?;
        for name in ["lower", "upper", "work"] {
            fs::create_dir(layers.join(name)).unwrap();
        }
        let at = text(&layers);
        let options = format!("lowerdir={at}/lower,upperdir={at}/upper,workdir={at}/work");
        let point = this.path();
        this.attach(&point, "mount", &["-t", "overlay", "-o", &options, "overlay"])?;
        Ok(this)
    }

    /// A child process that another test has just forked holds our unnamed files until it calls exec; as long as it
    /// does, the mount is busy.
    pub fn remount_read_only(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while let Err(reason) = run("mount", &["-i", "-o", "remount,ro", text(&self.path())]) {
            assert!(reason.contains("busy") && Instant::now() < deadline, "{reason}");
            std::thread::yield_now();
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        for point in self.mounted.iter().rev() {
            let plain = run("umount", &[text(point)]);
            if let Err(error) = plain.or_else(|_| run("umount", &["-l", text(point)])) {
                eprintln!("left mounted: {error}");
                return;
            }
        }
        fs::remove_dir_all(&self.base).unwrap();
    }
}

pub fn ext4() -> Result<Mount, String> {
    Mount::image(64, &["mkfs.ext4", "-q", "-F"], &["mount", "-o", "loop"])
}

pub fn xfs(reflink: bool) -> Result<Mount, String> {
    let option = if reflink { "reflink=1" } else { "reflink=0" };
    Mount::image(320, &["mkfs.xfs", "-q", "-f", "-m", option], &["mount", "-o", "loop"])
}

pub fn btrfs() -> Result<Mount, String> {
    Mount::image(256, &["mkfs.btrfs", "-q", "-f"], &["mount", "-o", "loop"])
}

pub fn squashfs() -> Result<Mount, String> {
    Mount::archive()
}

pub fn fat_by_fuse() -> Result<Mount, String> {
    Mount::image(32, &["mkfs.vfat"], &["fusefat", "-o", "rw+"])
}

pub fn ntfs_by_fuse() -> Result<Mount, String> {
    Mount::image(
        64,
        &["mkntfs", "-q", "-F", "-f"],
        &["lowntfs-3g", "-o", "ignore_case,streams_interface=xattr"],
    )
}

/// `None`, with the reason on standard error, where what a test needs cannot be had. Not by `eprintln`: what that
/// prints is kept from view when the test passes.
pub fn or_say_why<T>(test: &str, needed: Result<T, String>) -> Option<T> {
    let say = |reason| io::stderr().write_all(format!("{test} skipped: {reason}\n").as_bytes()).unwrap();
    needed.map_err(say).ok()
}
