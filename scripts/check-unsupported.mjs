// On a system without a binary: the package imports, says that it is not supported, and calls reject with the reason.
// CI runs this on Windows; the tests fake such systems (__test__/package/binding.spec.ts).
import assert from 'node:assert/strict'
import { copyFile, LIBC, supported } from '../dist/index.js'

assert.equal(supported, false)
assert.equal(LIBC, null)
await assert.rejects(copyFile('a', 'b'), {
  code: 'ERR_PALFS_UNSUPPORTED',
  message: new RegExp(`There is no binary for ${process.platform}-${process.arch}`, 'u'),
})
console.log(`${process.platform}-${process.arch}: imports, and explains`)
