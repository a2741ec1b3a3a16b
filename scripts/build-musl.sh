#!/usr/bin/env bash
# Builds the addon for Alpine and other musl systems into palfs.linux-x64-musl.node, then proves without such a
# system that it would load there: its only dependency is libc, it wants no symbol version of glibc, a musl program
# can dlopen it, and a panic in a library linked the same way is caught.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
source "$root/scripts/musl.sh"
cd "$root"

target=x86_64-unknown-linux-musl
addon=palfs.linux-x64-musl.node
build=("$CARGO" build --locked --release --package palfs-node --target "$target" "${build_std[@]}")
built=$CARGO_TARGET_DIR/$target/release

fail() {
  echo "build:musl: $*" >&2
  exit 1
}

"${build[@]}" --lib --example unwind
cp "$built/libpalfs_node.so" "$addon.new"
mv "$addon.new" "$addon"

for library in "$addon" "$built/examples/libunwind.so"; do
  needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | tr '\n' ' ')
  [[ $needed == 'libc.so ' ]] || fail "$library needs $needed, not libc.so alone"
  ! readelf -V "$library" | grep 'GLIBC_' || fail "$library asks for versioned symbols of glibc"
done

loader=$CARGO_TARGET_DIR/musl-load
musl-gcc -O2 -Wall -Werror scripts/musl/load.c -o "$loader"
"$loader" "$root/$addon" "$built/examples/libunwind.so" || fail "a musl program cannot use it"

printf 'build:musl: %s, %d bytes, NEEDED %s\n' "$addon" "$(stat -c %s "$addon")" libc.so
