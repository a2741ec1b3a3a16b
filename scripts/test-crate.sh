#!/usr/bin/env bash
# Builds the unit and integration tests of crate `palfs` for other Linux targets and runs them:
# `scripts/test-crate.sh TARGET...`. What differs between two libcs or two processors shows here, before an addon is loaded.
# Programs for musl are static, as zig links them, so that nothing of this system is in them; `npm run test:musl` drives the
# addon itself, which is dynamic. Those for arm64 run under qemu.
# Doc tests are left out: rustdoc would have to build std again for each.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
source "$root/scripts/linker.sh"
source "$root/scripts/runner.sh"
cd "$root"

log=$(mktemp)
trap 'rm -f "$log"' EXIT

run_tests() {
  local variable=CARGO_TARGET_${1^^}_RUNNER
  prepare_runner "$1"
  env ${runner:+"${variable//-/_}=${runner[*]}"} "$ZIGBUILD" test --locked --package palfs --lib --tests \
    --target "$(versioned "$1")" "${build_std[@]}" 2>&1 | tee "$log"
}

# Otherwise what ran might be this system's own.
all_are_for() {
  local program found loader
  case $1 in
    *-musl) loader= ;;
    x86_64-*) loader=/lib64/ld-linux-x86-64.so.2 ;;
    aarch64-*) loader=/lib/ld-linux-aarch64.so.1 ;;
  esac
  sed -n 's/^ *Running .*(\(.*\))$/\1/p' "$log" | while read -r program; do
    found=$(readelf --program-headers "$program" | sed -n 's/.*interpreter: \(.*\)\]$/\1/p')
    [[ $found == "$loader" ]] || {
      echo "test:crate: $program is no program for $1: its loader is \"$found\"" >&2
      return 1
    }
  done
}

sum_up() {
  awk -v target="$1" '/^test result: / { programs++; passed += $4; failed += $6; ignored += $8 }
    END {
      printf "test:crate: %s: %d passed, %d failed, %d ignored in %d programs (doc tests not run)\n",
        target, passed, failed, ignored, programs
      exit !(passed > 0 && failed == 0)
    }' "$log"
}

for target in "$@"; do
  run_tests "$target"
  all_are_for "$target"
  sum_up "$target"
done
