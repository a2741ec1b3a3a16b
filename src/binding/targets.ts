/** All targets with a binary, in the names of their packages. package.json's napi config has the same list as Rust targets. */
export const TARGETS: readonly string[] = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'freebsd-x64',
]
