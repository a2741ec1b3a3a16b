#!/usr/bin/env bash
# Builds the unit and integration tests of crate `palfs` for x86_64-unknown-linux-musl and runs them as musl programs,
# so that wrong types, missing wrappers and other differences between the two libcs show before the addon is loaded.
# The programs are dynamic: Debian's `musl` brings the loader, and the addon, a shared library, is linked the same way.
# Doc tests are left out: rustdoc would have to build std again for each.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/toolchain.sh"
source "$root/scripts/musl.sh"
cd "$root"

target=x86_64-unknown-linux-musl
log=$(mktemp)
trap 'rm -f "$log"' EXIT

"$CARGO" test --locked --package palfs --lib --tests --target "$target" "${build_std[@]}" 2>&1 | tee "$log"

for program in $(sed -n 's/^ *Running .*(\(.*\))$/\1/p' "$log"); do
  readelf -l "$program" | grep -q 'interpreter: /lib/ld-musl-' || {
    echo "test:musl:crate: $program is no musl program" >&2
    exit 1
  }
done
awk '/^test result: / { programs++; passed += $4; failed += $6; ignored += $8 }
  END {
    printf "test:musl:crate: %d passed, %d failed, %d ignored in %d musl programs (doc tests not run)\n",
      passed, failed, ignored, programs
    exit !(passed > 0 && failed == 0)
  }' "$log"
