// Run under another Node: prints the microseconds of one fs.promises.copyFile.

import { copyFile } from 'node:fs/promises'

const [, , src, dest] = process.argv
const start = performance.now()
await copyFile(src, dest)
console.log((performance.now() - start) * 1000)
