#!/usr/bin/env bash
# Builds the unit and integration tests of crate `palfs` for other Linux targets and runs them:
# `scripts/test-crate.sh TARGET...`. What differs between two libcs or two processors shows here, before an addon is loaded.
# Programs for musl are static, as zig links them, so that nothing of this system is in them; `npm run test:musl` drives the
# addon itself, which is dynamic. Those for arm64 run under qemu, without the tests that it cannot run.
# Doc tests are left out: rustdoc would have to build std again for each.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
source "$root/scripts/linker.sh"
source "$root/scripts/runner.sh"
cd "$root"

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# What qemu-user cannot do, and the tests that need it: the path of a test, or how the paths of several begin.
declare -A beyond_qemu=(
  ["strace cannot start a program for another processor"]='corrections::correction_03 corrections::correction_04
    corrections::correction_05 faults::'
  ["nor can a test start a copy of itself"]='unwritable::without_write_permission leaks::correction_02'
  ["its statx(2) leaves out the newer fields: alignment of direct I/O, number of the mount"]='filesystems::ext4_answers
    filesystems::xfs_made unwritable::a_file_that_is_a_mount'
)

run_tests() {
  local variable=CARGO_TARGET_${1^^}_RUNNER reason path skips=()
  prepare_runner "$1"
  if [[ ${#runner[@]} -gt 0 ]]; then
    for reason in "${!beyond_qemu[@]}"; do
      read -rd '' -a paths <<<"${beyond_qemu[$reason]}" || true
      echo "test:crate: $1: not run under qemu (${reason}): ${paths[*]}"
      for path in "${paths[@]}"; do skips+=(--skip "$path"); done
    done
  fi
  env ${runner:+"${variable//-/_}=${runner[*]}"} "$ZIGBUILD" test --locked --no-fail-fast --package palfs --lib --tests \
    --target "$(versioned "$1")" "${build_std[@]}" -- "${skips[@]}" 2>&1 | tee "$log"
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
  awk -v target="$1" '/^test result: / { programs++; passed += $4; failed += $6; ignored += $8; left += $12 }
    END {
      printf "test:crate: %s: %d passed, %d failed, %d ignored, %d left out in %d programs (doc tests not run)\n",
        target, passed, failed, ignored, left, programs
      exit !(passed > 0 && failed == 0)
    }' "$log"
}

for target in "$@"; do
  run_tests "$target"
  all_are_for "$target"
  sum_up "$target"
done
