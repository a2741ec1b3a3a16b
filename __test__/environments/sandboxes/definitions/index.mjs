// @ts-check
// Every sandbox, the slowest first: then the last ones end at the same time.
import { sandbox as gvisor } from './gvisor.mjs'
import { sandbox as gvisorRootless } from './gvisor-rootless.mjs'
import { sandbox as proot } from './proot.mjs'
import { sandbox as fakeroot } from './fakeroot.mjs'
import { sandbox as threadsNone } from './threads-none.mjs'
import { sandbox as threadsNoneSync } from './threads-none-sync.mjs'
import { sandbox as threadsOne } from './threads-one.mjs'
import { sandbox as descriptors } from './descriptors.mjs'
import { sandbox as bubblewrap } from './bubblewrap.mjs'
import { sandbox as namespaceOfUser } from './user-namespace-of-a-user.mjs'
import { sandbox as namespaceOfRoot } from './user-namespace-of-root.mjs'
import { sandbox as chroot } from './bare-chroot.mjs'
import { sandbox as pids } from './pid-namespace.mjs'
import { sandbox as refer } from './landlock-refer.mjs'
import { sandbox as truncate } from './landlock-truncate.mjs'
import { sandbox as docker2017 } from './docker-2017.mjs'
import { sandbox as docker2020 } from './docker-2020.mjs'
import { sandbox as nix } from './nix.mjs'
import { sandbox as systemdSuid } from './systemd-suid.mjs'
import { sandbox as systemdChown } from './systemd-chown.mjs'
import { sandbox as root } from './none-root.mjs'
import { sandbox as user } from './none-user.mjs'

/** @type {readonly import('../run-suite.mjs').Sandbox[]} */
export const SANDBOXES = [
  gvisor,
  gvisorRootless,
  proot,
  fakeroot,
  threadsNone,
  threadsNoneSync,
  threadsOne,
  descriptors,
  bubblewrap,
  namespaceOfUser,
  namespaceOfRoot,
  chroot,
  pids,
  refer,
  truncate,
  docker2017,
  docker2020,
  nix,
  systemdSuid,
  systemdChown,
  root,
  user,
]
