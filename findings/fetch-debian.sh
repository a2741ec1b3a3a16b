# Sourced. `fetch_debian NAME=VERSION...` unpacks Debian packages below $dir/root and puts their programs and libraries first.
#
# The packages come from the archive that apt is set up with; nothing is installed on the machine.

dir=$(mktemp -d)

clean_up() {
  local mounted
  while read -r mounted; do
    fusermount3 -u "$mounted" 2>/dev/null || umount -l "$mounted" 2>/dev/null || true
  done < <(awk -v dir="$dir/" 'index($2, dir) == 1 { print $2 }' /proc/mounts | sort -r)
  rm -rf "$dir"
}
trap clean_up EXIT

fetch_debian() {
  local package
  mkdir -p "$dir/packages" "$dir/root"
  (cd "$dir/packages" && apt-get download -qq "$@" >/dev/null 2>&1) || {
    echo "these packages are not in the archive: $*" >&2
    exit 2
  }
  for package in "$dir"/packages/*.deb; do dpkg-deb -x "$package" "$dir/root"; done
  export PATH="$dir/root/usr/bin:$dir/root/usr/sbin:$dir/root/bin:$dir/root/sbin:$PATH"
  export LD_LIBRARY_PATH="$dir/root/usr/lib/x86_64-linux-gnu:$dir/root/lib/x86_64-linux-gnu"
}

# seen WHAT EXPECTED ACTUAL
seen() {
  printf '%s: %s\n' "$1" "$3"
  [[ $2 == "$3" ]] || {
    printf 'CHANGED: it was: %s\n' "$2" >&2
    exit 1
  }
}
