#!/usr/bin/env bash
# Builds the addon as it is published: `scripts/build-targets.sh [TARGET...]`, for every target of package.json's napi config
# unless some are named. Each must pass the gate. What is for Linux is loaded, too, on arm64 under qemu: a C program opens the
# addon, and a library linked the same way panics and catches its panics. What is for macOS and FreeBSD cannot be loaded here.
#
# Unlike what `npm run build` links, these load on systems older than this one, and are a fifth smaller: std is compiled
# for size, and without the part that reads debug information, of which a stripped binary has none.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
source "$root/scripts/linker.sh"
source "$root/scripts/runner.sh"
cd "$root"

if [[ $# == 0 ]]; then
  targets=$(node -p 'JSON.parse(fs.readFileSync("package.json", "utf8")).napi.targets.join(" ")')
  read -ra targets <<<"$targets"
  set -- "${targets[@]}"
fi

# The words of package names.
declare -A cpus=([x86_64]=x64 [aarch64]=arm64)

# Its arguments are words before and after what is the same for all.
compile() {
  "$ZIGBUILD" "$1" --locked --release --package palfs-node --lib --target "$(versioned "$target")" "${build_std[@]}" "${@:2}"
}

# rustc would strip what is for macOS with a program that Debian's packages of it lack. LLVM's strips as Apple's does, and
# signs anew. The other flag leaves out libraries that cargo-zigbuild names and nothing is used of.
build() {
  case $system in
    linux) compile zigbuild --example unwind ;;
    darwin)
      require_packages llvm-14
      compile rustc -- -C strip=none -C link-arg=-Wl,-dead_strip_dylibs
      ;;
    *) compile zigbuild ;;
  esac
}

install_addon() {
  local library=libpalfs_node.so
  [[ $system != darwin ]] || library=libpalfs_node.dylib
  cp "$built/$library" "$addon.new"
  [[ $system != darwin ]] || llvm-strip-14 --discard-all "$addon.new"
  mv "$addon.new" "$addon"
}

loads() {
  local libc=${1##*-} loader=$built/load
  [[ $libc != gnu ]] || libc=gnu.$GLIBC
  prepare_runner "$1"
  "$CARGO_ZIGBUILD_ZIG_PATH" cc -target "${1%%-*}-linux-$libc" -dynamic -O2 -Wall -Werror scripts/load.c -o "$loader"
  "${runner[@]}" "$loader" "$root/$2" "$built/examples/libunwind.so"
}

for target in "$@"; do
  IFS=- read -r cpu _ system abi <<<"$target"
  addon=palfs.$system-${cpus[$cpu]}${abi:+-$abi}.node
  built=$CARGO_TARGET_DIR/$target/release
  build
  install_addon
  node scripts/check-artifact.mjs "$addon"
  if [[ $system == linux ]]; then loads "$target" "$addon"; else echo "not loaded: needs $system"; fi
done
