# Sourced. `require_packages NAME...` makes Debian packages present, or says what is missing and fails.
#
# The scripts ask for what they need themselves, so that each of them works alone on a fresh machine and in CI.
# Nothing is ever removed to make room (--no-remove): a developer's own Rust packages are worth more than a check.

require_packages() {
  local name missing=()
  command -v dpkg-query >/dev/null || {
    echo "these checks take their tools from Debian 12 packages ($*); there is no dpkg here" >&2
    return 1
  }
  for name in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) == ii* ]] || missing+=("$name")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  [[ $(id -u) == 0 ]] || {
    echo "missing Debian packages: ${missing[*]} (install them, or run this as root)" >&2
    return 1
  }
  update_package_lists || return 1
  echo "installing ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends --no-remove \
    -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "${missing[@]}" </dev/null >/dev/null || {
    echo "apt-get could not install ${missing[*]} (Debian 12 with its security archive has them all)" >&2
    return 1
  }
}

# Once per process tree: the lists do not change between two steps of one run.
update_package_lists() {
  [[ -z ${PALFS_PACKAGE_LISTS_FRESH:-} ]] || return 0
  apt-get update -qq -o Acquire::Retries=3 </dev/null || return 1
  export PALFS_PACKAGE_LISTS_FRESH=1
}
