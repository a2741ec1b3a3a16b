// @ts-check
// A flag that the filesystem lacks takes no other one with it: NOCOW of btrfs is nothing to ext4, NODUMP is kept.
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { outcome } from './outcome.mjs'

/**
 * @param {import('./inputs.mjs').Place} place
 * @param {import('./inputs.mjs').Report} report
 */
export async function flagsApart({ on, palfs }, report) {
  const btrfs = '/mnt/flags-apart-btrfs'
  mkdirSync(btrfs)
  execFileSync('bash', ['-c', `mount_btrfs ${btrfs}`], { stdio: 'inherit' })
  const from = join(btrfs, 'file')
  writeFileSync(from, '')
  execFileSync('chattr', ['+Cd', from])
  writeFileSync(from, 'content')
  const copied = await outcome(() => palfs.copyFile(from, join(on, 'file'), { preserve: 'all' }))
  report.expect('a file with NOCOW and NODUMP is copied', 'file', 'done', copied.line)
  const [flags = ''] = execFileSync('lsattr', ['-d', join(on, 'file')], { encoding: 'utf8' }).split(' ')
  report.expect('NODUMP is kept', 'file', true, flags.includes('d'))
  report.expect('nothing is lost', 'file', undefined, copied.result?.unpreserved)
}
