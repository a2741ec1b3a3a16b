#!/usr/bin/env bash
# Loads the addons for arm64 in a Node for arm64, one for glibc and one for musl, under qemu, as they are installed from their
# packages: files and trees are copied, attributes and errors read. After `npm run build:ts` and
# `npm run build:targets -- aarch64-unknown-linux-{gnu,musl}`. The rest of the tests runs on machines of that kind, in the
# public workflow.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
source "$root/scripts/runner.sh"
source "$root/scripts/wheel-node.sh"
cd "$root"

for libc in gnu musl; do
  [[ -e palfs.linux-arm64-$libc.node ]] || {
    echo "test:arm64: there is no palfs.linux-arm64-$libc.node (npm run build:targets -- aarch64-unknown-linux-$libc)" >&2
    exit 1
  }
  prepare_runner "aarch64-unknown-linux-$libc"
  fetch_node "aarch64-unknown-linux-$libc" "target/arm64-node/$libc"
done
# Node is in C++. That for musl brings its own.
require_packages libstdc++6-arm64-cross

npx vitest run __test__/package/runtimes.spec.ts --testNamePattern arm64
