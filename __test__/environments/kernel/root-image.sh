#!/usr/bin/env bash
# Prints the path of a root image for the guest, and builds it first if there is none: `root-image.sh`. About 2 minutes once.
#
# An ext4 image of a minimal Debian of this machine's release, from this machine's mirror (both as apt has them), with the tools
# of the filesystems, the modules of Debian's user-mode-linux, and the Node that runs here. It lies in the user's cache directory
# under a name that changes with its contents; older ones are removed. Building needs root: debootstrap creates device nodes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
source "$root/scripts/packages.sh"

# The last line is for tests of one's own in the guest.
packages=(
  samba samba-vfs-modules cifs-utils nfs-kernel-server nfs-common
  f2fs-tools jfsutils dosfstools exfatprogs e2fsprogs xfsprogs btrfs-progs ecryptfs-utils reiserfsprogs udftools nilfs-tools diod
  acl attr libcap2-bin keyutils kmod iproute2 procps netbase util-linux mount busybox-static
  libstdc++6 python3-minimal strace
)

require_packages user-mode-linux debootstrap e2fsprogs >&2

release=$(. /etc/os-release && echo "$VERSION_CODENAME")
kernel=$(linux.uml --version)
node=$(node -p process.execPath)
name=$(cat "${BASH_SOURCE[0]}" "$root/__test__/environments/kernel/boot.sh" <(echo "$release $kernel $("$node" --version)") | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/palfs
image=$cache/kernel-root-$name.ext4

# One build at a time; the next one finds the image.
mkdir -p "$cache"
exec 9>"$cache/kernel-root.lock"
flock 9
if [[ -e $image ]]; then
  echo "$image"
  exit
fi
[[ $(id -u) == 0 ]] || {
  echo 'the root image of the guest is built as root' >&2
  exit 1
}

mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
  awk -v release="$release" '$1 == release && $2 == "main" { print $3; exit }')
[[ -n $mirror ]] || {
  echo "apt has no mirror of Debian $release" >&2
  exit 1
}

folder=$(mktemp -d "$cache/kernel-root.XXXXXX")
trap 'rm -rf "$folder" "$image.part"' EXIT
echo "building the root image of the guest (Debian $release, kernel $kernel)" >&2
debootstrap --variant=minbase --include="$(IFS=, && echo "${packages[*]}")" "$release" "$folder" "$mirror" \
  >"$cache/kernel-root.log" 2>&1 || {
  tail -20 "$cache/kernel-root.log" >&2
  exit 1
}
rm -rf "$folder"/var/cache/apt/* "$folder"/var/lib/apt/lists/* "$folder"/usr/share/{doc,man,locale}/*
mkdir -p "$folder/lib/modules" "$folder/host"
cp -r "/usr/lib/uml/modules/$kernel" "$folder/lib/modules/"
install -m 755 "$node" "$folder/usr/bin/node"
install -m 755 "$root/__test__/environments/kernel/boot.sh" "$folder/boot.sh"
chroot "$folder" node --version >/dev/null
truncate -s 3G "$image.part"
mke2fs -q -t ext4 -m 0 -d "$folder" "$image.part"
find "$cache" -maxdepth 1 -name 'kernel-root-*.ext4' -delete
mv "$image.part" "$image"
echo "$image"
