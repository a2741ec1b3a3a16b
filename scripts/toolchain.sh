# Sourced. Sets up the Rust toolchain that can build std for targets other than the host's.
#
# A toolchain without prebuilt std for a target needs std's source and permission to use unstable flags. Debian's
# security archive packages exactly that: rustc-web, cargo-web, rust-web-clippy and rust-web-src of one release. They
# install beside whatever `cargo` the developer has; this file finds them by package, never by PATH, and writes under
# target/cross only, so neither the default toolchain nor its build cache is touched.
#
# std's own dependencies come through cargo at the versions std's Cargo.lock pins, like every other crate here.
# Replacing the registry by std's vendored copies would hide the crates that napi needs.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/packages.sh"
require_packages rustc-web cargo-web rust-web-clippy rust-web-src

# The one executable of that name which the package installs for users.
packaged() {
  local path
  path=$(dpkg -L "$1" | grep -E "^/usr/bin/$2\$") && [[ -x $path ]] || {
    echo "package $1 installs no $2" >&2
    return 1
  }
  printf '%s\n' "$path"
}

CARGO=$(packaged cargo-web cargo)
RUSTC=$(packaged rustc-web rustc)
RUSTDOC=$(packaged rustc-web rustdoc)
CARGO_CLIPPY=$(packaged rust-web-clippy cargo-clippy)
export CARGO RUSTC RUSTDOC CARGO_CLIPPY

wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' "$root/Cargo.toml")
found=$("$RUSTC" --version | cut -d ' ' -f 2)
[[ $(printf '%s\n' "$wanted" "$found" | sort -V | head -n 1) == "$wanted" ]] || {
  echo "package rustc-web is Rust $found, Cargo.toml asks for $wanted: add Debian's security archive to apt" >&2
  return 1
}

# Flags from the environment would replace the ones below; RUSTC_BOOTSTRAP is what allows -Z on a release compiler.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET RUSTUP_TOOLCHAIN RUSTC_WRAPPER
export RUSTC_BOOTSTRAP=1
export CARGO_TARGET_DIR=$root/target/cross
# Nobody debugs these builds; without debug information they take half the space.
export CARGO_PROFILE_DEV_DEBUG=0

# One set of flags for every script, so that std is compiled once per target and profile. Without its feature `backtrace`,
# which reads debug information to name the lines of a panic, the addon is 140 KiB smaller; it is stripped of that anyway.
build_std=(-Zbuild-std=std,panic_unwind,test -Zbuild-std-features=panic-unwind)

# A Node addon is a shared library, which a static musl cannot have. (The crate's tests are programs, which zig links
# statically all the same.)
export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="-C target-feature=-crt-static"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUSTFLAGS="-C target-feature=-crt-static"
