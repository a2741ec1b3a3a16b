#!/usr/bin/env bash
# Type-checks and lints both crates, tests included, for every platform that we publish for but cannot run here.
# Code under `cfg(target_os = ...)` is otherwise never compiled by anybody on Linux. Nothing is linked.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
cd "$root"

targets=(
  aarch64-apple-darwin
  x86_64-apple-darwin
  x86_64-unknown-freebsd
  x86_64-unknown-netbsd
  x86_64-unknown-openbsd
  x86_64-unknown-linux-musl
  aarch64-unknown-linux-musl
  aarch64-unknown-linux-gnu
)
clippy=("$CARGO_CLIPPY" clippy --quiet --locked --workspace --all-targets "${build_std[@]}")

echo "check:targets: building std for ${#targets[@]} targets"
# All at once first: compiling std is a chain of single-threaded crates, and several chains fill the cores.
# What this finds is printed below, target by target, from the cache.
"${clippy[@]}" --keep-going "${targets[@]/#/--target=}" -- -D warnings >/dev/null 2>&1 || true

failed=0
for target in "${targets[@]}"; do
  lints=(-D warnings)
  # Clippy of Rust 1.96 finds this of initializers that are const, where thread-local variables are not the linker's.
  [[ $target != *-openbsd ]] || lints+=(-A clippy::missing_const_for_thread_local)
  if "${clippy[@]}" --target "$target" -- "${lints[@]}"; then
    printf 'check:targets: %-28s ok\n' "$target"
  else
    printf 'check:targets: %-28s FAILED\n' "$target"
    failed=$((failed + 1))
  fi
done
printf 'check:targets: %d of %d targets pass (%s)\n' $((${#targets[@]} - failed)) ${#targets[@]} "$("$RUSTC" --version)"
exit $((failed > 0))
