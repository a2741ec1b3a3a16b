#!/usr/bin/env bash
# Rivals written in Rust, at fixed versions, into bench/rivals/cargo. The first two want a nightly compiler; a stable one
# that is told to behave like it will do.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
install() { cargo install --locked --root cargo --target-dir ../../target/rivals --version "$2" "$1"; }
RUSTC_BOOTSTRAP=1 install cpz 3.2.1
RUSTC_BOOTSTRAP=1 install rmz 3.2.1
install xcp 0.24.9
