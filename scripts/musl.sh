# Sourced, after toolchain.sh. Makes what linking for x86_64-unknown-linux-musl needs: musl-gcc and an unwinder.
#
# Without crt-static, std would link the shared libgcc_s, which a plain musl system lacks (Alpine has it only where
# something installed it). So LLVM's libunwind is linked in, as in Rust's own musl builds. Debian's libgcc_eh.a is
# no choice: it calls glibc's _dl_find_object. Debian's libunwind.a needs one function that musl has not,
# __fprintf_chk; it is added to our copy of the archive.
#
# libunwind is unpacked, not installed: its package conflicts with libunwind-dev, which other software may need.

require_packages musl musl-dev musl-tools binutils

prepare_musl_libraries() {
  local package=libunwind-14-dev work=$CARGO_TARGET_DIR/musl-work
  [[ ! $musl_libraries/libunwind.a -nt $root/scripts/musl/fortify.c ]] || return 0
  rm -rf "$work"
  mkdir -p "$work" "$musl_libraries"
  download "$work" "$package"
  dpkg-deb -x "$work"/"$package"_*.deb "$work/unpacked"
  musl-gcc -O2 -fPIC -fvisibility=hidden -Wall -Werror -c "$root/scripts/musl/fortify.c" -o "$work/fortify.o"
  cp "$(find "$work/unpacked/usr/lib/llvm-14" -name libunwind.a)" "$work/libunwind.a"
  ar r "$work/libunwind.a" "$work/fortify.o"
  mv "$work/libunwind.a" "$musl_libraries/libunwind.a"
  rm -rf "$work"
}

# apt's sandbox user cannot write into a directory of root's; the download is checked all the same.
download() {
  (cd "$1" && apt-get download -qq -o APT::Sandbox::User=root "$2") && return 0
  [[ $(id -u) == 0 ]] || return 1
  update_package_lists && (cd "$1" && apt-get download -qq -o APT::Sandbox::User=root "$2")
}

prepare_musl_libraries
