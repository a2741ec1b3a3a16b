// Run under another Node: prints the microseconds of one fs.promises.copyFile.

import { copyFile } from 'node:fs/promises'

const [, , src, dest] = process.argv
const start = process.hrtime.bigint()
await copyFile(src, dest)
console.log(Number(process.hrtime.bigint() - start) / 1000)
