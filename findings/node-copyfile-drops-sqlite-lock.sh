#!/usr/bin/env bash
# Node 24's fs.copyFile of an SQLite database that the same process is writing to drops the write lock.
#
# The usual guess: a copy only reads, so it cannot harm an open transaction.
# What happens: SQLite locks with fcntl(2). Such locks belong to the process and the file, and close(2) of any descriptor of
# that file drops them all. fs.copyFile closes its own descriptor of the database. A second process then gets the write
# lock in the middle of the first one's transaction. Every copy function that runs in the process does this.
# Seen with Linux 6.18 on tmpfs and ext4.
set -euo pipefail
source "$(dirname "$0")/fetch-debian.sh"
cd "$dir"
npm install --silent --no-audit --no-fund --prefix "$dir/node" node@24.18.0 >/dev/null 2>&1 || {
  echo 'node 24.18.0 is not in the registry' >&2
  exit 2
}
export NODE=$dir/node/node_modules/.bin/node
cat >other.mjs <<'JS'
import { DatabaseSync } from 'node:sqlite'
const db = new DatabaseSync('data.db', { timeout: 0 })
try { db.exec('BEGIN IMMEDIATE'); db.exec('ROLLBACK'); console.log('got the lock') } catch (error) { console.log(error.message) }
JS
cat >first.mjs <<'JS'
import { execFileSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
const other = () => execFileSync(process.env.NODE, ['--no-warnings', 'other.mjs']).toString().trim()
const db = new DatabaseSync('data.db')
db.exec('CREATE TABLE t (x); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)')
console.log(other())
copyFileSync('data.db', 'copy.db')
console.log(other())
db.exec('COMMIT')
JS
"$NODE" --no-warnings first.mjs >answers
seen 'a second process before the copy' 'database is locked' "$(sed -n 1p answers)"
seen 'a second process after the copy' 'got the lock' "$(sed -n 2p answers)"
