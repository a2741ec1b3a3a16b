# Sourced, after toolchain.sh. Gets what links for every target on one machine: zig and cargo-zigbuild, from PyPI.
#
# zig brings musl, the names that glibc and FreeBSD's libc had in each of their versions, and those of macOS's libSystem: what
# is linked against glibc 2.17 loads on every newer one, as no link against this system's glibc would. Its unwinder is linked
# in, so that neither libgcc_s, which a plain musl system lacks, nor libstdc++ is needed; macOS brings its own.

require_packages binutils
source "$root/scripts/pinned.sh"

linker=$CARGO_TARGET_DIR/linker
ZIGBUILD=$linker/bin/cargo-zigbuild
export CARGO_ZIGBUILD_ZIG_PATH=$linker/ziglang/zig
GLIBC=2.17
# The first macOS for arm64. Without the other, rustc asks Xcode, which is not here; zig has libSystem's names in it.
export MACOSX_DEPLOYMENT_TARGET=11.0
export SDKROOT=$linker/ziglang/lib/libc/darwin

# The target as cargo-zigbuild wants it.
versioned() {
  if [[ $1 == *-gnu ]]; then printf '%s.%s\n' "$1" "$GLIBC"; else printf '%s\n' "$1"; fi
}

install_pinned "$linker" <<'PINNED'
cargo-zigbuild==0.24.0 --hash=sha256:484412e39e4c6039474535ce97ee75a22bab22d58233056f8ec8a8f9034bb957
ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54
PINNED
