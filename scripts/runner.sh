# Sourced, after toolchain.sh. `prepare_runner TARGET` makes programs for a Linux target run here and sets `runner` to the
# words that go before them: none for this processor, qemu's for arm64, with the C library of a Debian on arm64.

arm64_libraries=$CARGO_TARGET_DIR/arm64-libraries

prepare_runner() {
  runner=()
  case $1 in
    "$(uname -m)"-*-gnu) ;;
    "$(uname -m)"-*-musl) require_packages musl ;;
    aarch64-*-gnu)
      require_packages qemu-user libc6-arm64-cross
      runner=(qemu-aarch64 -L /usr/aarch64-linux-gnu)
      ;;
    aarch64-*-musl)
      require_packages qemu-user
      fetch_arm64_musl
      runner=(qemu-aarch64 -L "$arm64_libraries")
      ;;
  esac
}

# No package for this machine holds musl's loader for arm64. The one for arm64 machines does; apt fetches and checks it
# with lists of its own, so that this system is not made to know another architecture.
fetch_arm64_musl() {
  local work=$arm64_libraries.new
  [[ ! -e $arm64_libraries/lib/ld-musl-aarch64.so.1 ]] || return 0
  local apt=(apt-get -qq -o Acquire::Retries=3 -o APT::Architecture=arm64 -o APT::Architectures=arm64
    -o APT::Sandbox::User=root -o "Dir::State=$work" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work")
  rm -rf "$work"
  mkdir -p "$work"/{lists,archives}/partial
  touch "$work/status"
  "${apt[@]}" update
  (cd "$work" && "${apt[@]}" download musl)
  dpkg-deb -x "$work"/musl_*_arm64.deb "$arm64_libraries"
  rm -rf "$work"
}
