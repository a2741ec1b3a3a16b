#!/usr/bin/env bash
# Builds the addon for Linux as it is published: `scripts/build-linux.sh [TARGET...]`, for all four targets unless some
# are named. Each must pass the gate, and a C program proves that it would load, on arm64 under qemu: it opens the addon, and a
# library linked the same way panics and catches its panics.
#
# Unlike what `npm run build` links, these load on systems older than this one, and are a fifth smaller: std is compiled
# for size, and without the part that reads debug information, of which a stripped binary has none.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
source "$root/scripts/linker.sh"
source "$root/scripts/runner.sh"
cd "$root"

[[ $# -gt 0 ]] || set -- {x86_64,aarch64}-unknown-linux-{gnu,musl}

# The words of package names.
declare -A cpus=([x86_64]=x64 [aarch64]=arm64)

build() {
  "$ZIGBUILD" zigbuild --locked --release --package palfs-node --lib --example unwind \
    --target "$(versioned "$1")" "${build_std[@]}"
}

loads() {
  local libc=${1##*-} loader=$built/load
  [[ $libc != gnu ]] || libc=gnu.$GLIBC
  prepare_runner "$1"
  "$CARGO_ZIGBUILD_ZIG_PATH" cc -target "${1%%-*}-linux-$libc" -dynamic -O2 -Wall -Werror scripts/load.c -o "$loader"
  "${runner[@]}" "$loader" "$root/$2" "$built/examples/libunwind.so"
}

for target in "$@"; do
  addon=palfs.linux-${cpus[${target%%-*}]}-${target##*-}.node
  built=$CARGO_TARGET_DIR/$target/release
  build "$target"
  cp "$built/libpalfs_node.so" "$addon.new"
  mv "$addon.new" "$addon"
  node scripts/check-artifact.mjs "$addon"
  loads "$target" "$addon"
done
