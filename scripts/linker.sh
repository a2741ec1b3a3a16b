# Sourced, after toolchain.sh. Gets what links for every Linux target on one machine: zig and cargo-zigbuild, from PyPI.
#
# zig brings musl, and the names that glibc had in each of its versions: what is linked against 2.17 loads on every newer
# one, as no link against this system's glibc would. Its unwinder is linked in, so that neither libgcc_s, which a plain
# musl system lacks, nor libstdc++ is needed.

require_packages binutils python3 python3-pip

linker=$CARGO_TARGET_DIR/linker-zig-0.17.1
ZIGBUILD=$linker/bin/cargo-zigbuild
export CARGO_ZIGBUILD_ZIG_PATH=$linker/ziglang/zig
GLIBC=2.17

fetch_linker() {
  [[ ! -x $ZIGBUILD ]] || return 0
  [[ $(uname -sm) == 'Linux x86_64' ]] || {
    echo 'the linker is pinned for Linux on x86_64 only' >&2
    return 1
  }
  rm -rf "$linker"
  mkdir -p "$linker.new"
  cat >"$linker.new/requirements.txt" <<'PINNED'
cargo-zigbuild==0.24.0 --hash=sha256:484412e39e4c6039474535ce97ee75a22bab22d58233056f8ec8a8f9034bb957
ziglang==0.17.1 --hash=sha256:ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54
PINNED
  python3 -m pip install --quiet --root-user-action ignore --no-deps --require-hashes --only-binary :all: \
    --target "$linker.new" --requirement "$linker.new/requirements.txt"
  mv "$linker.new" "$linker"
}

# The target as cargo-zigbuild wants it.
versioned() {
  if [[ $1 == *-gnu ]]; then printf '%s.%s\n' "$1" "$GLIBC"; else printf '%s\n' "$1"; fi
}

fetch_linker
