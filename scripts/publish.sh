#!/usr/bin/env bash
# Publishes the tarballs that scripts/pack.mjs made: `scripts/publish.sh DIR`. Run by .github/workflows/release.yml.
#
# The platform packages go first, and the package only when all of them can be seen: whoever installs it in between would
# get it without a binary, and keep that in a lockfile. What is published already is left, so that a run can be repeated.
set -euo pipefail
cd "$1"

version=$(tar -xzOf palfs-[0-9]*.tgz package/package.json | node -p 'JSON.parse(fs.readFileSync(0, "utf8")).version')

published() {
  [[ -n $(npm view "$1@$version" version --prefer-online 2>/dev/null) ]]
}

# npm makes `latest` of whatever is published, unless it is told another tag; for an early version it insists on one.
tag=latest
[[ $version != *-* ]] || tag=next

publish() {
  published "$1" || npm publish "./$1-$version.tgz" --provenance --access public --tag "$tag"
}

wait_until_published() {
  local attempt
  for attempt in {1..60}; do
    ! published "$1" || return 0
    echo "waiting for $1@$version ($attempt)"
    sleep 5
  done
  echo "$1@$version was published and cannot be seen" >&2
  return 1
}

platforms=()
for tarball in palfs-*-"$version".tgz; do
  platforms+=("${tarball%-"$version".tgz}")
done

for name in "${platforms[@]}"; do
  publish "$name"
done
for name in "${platforms[@]}"; do
  wait_until_published "$name"
done
publish palfs
