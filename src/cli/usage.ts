// The texts of --help.

export const PALFS_HELP = `Usage: palfs COMMAND [OPTION]...

  palfs cp [OPTION]... SOURCE... DEST   copy files and directories
  palfs mv [OPTION]... SOURCE... DEST   move them, to other filesystems too
  palfs rm [OPTION]... FILE...          remove them
  palfs info [--json] [PATH]            platform, libc, versions, loaded binary, copy methods
  palfs xattr list|get|set|rm ...       extended attributes

'palfs COMMAND --help' lists the options of a command; 'palfs --version' prints the version.
`

export const CP_HELP = `Usage: palfs cp [OPTION]... SOURCE DEST
  or:  palfs cp [OPTION]... SOURCE... DIRECTORY
  or:  palfs cp [OPTION]... -t DIRECTORY SOURCE...

Copies files as GNU cp does: an existing file is rewritten in place, a new one gets the source's mode less the umask.

  -r, -R, --recursive          copy directories with what is in them; links and special files as what they are
  -a, --archive                the same as -dR --preserve=all
  -d                           the same as --no-dereference --preserve=links
  -P, --no-dereference         copy links as links (as happens with -r)
  -H                           follow the links that are named, and no others
  -L, --dereference            follow all links (as happens without -r)
  -x, --one-file-system        leave out what is mounted below
  -f, --force                  replace, by rename, a destination that cannot be opened for writing
  -n, --no-clobber             leave an existing destination alone
  -u, --update                 copy only what is newer than the destination or missing there
  -p                           the same as --preserve=mode,ownership,timestamps
      --preserve[=LIST]        keep of mode (with ACL), ownership, timestamps, links, xattr, all
      --no-preserve=LIST       do not keep these
  -t, --target-directory=DIR   copy every SOURCE into DIR
  -T, --no-target-directory    DEST is a file, even where a directory has its name
      --reflink[=WHEN]         share storage: always (without WHEN), auto (the default), never
      --sparse=WHEN            holes: auto keeps them, always also makes them of zeros, never fills them
      --remove-destination     replace the destination's entry itself, be it a link, by rename
  -v, --verbose                print each copy that was made

Not in GNU cp:
      --atomic                 the destination is the old file or the complete new one at every moment
      --durable                on the disk before success is reported
      --jobs=N                 use at most N threads (the default is as many as there are cores)
      --json                   print one object that says what was copied, and how
      --progress               show a progress bar (on a terminal it appears by itself after a second)
      --no-progress            never show it
      --help, --version        print this text, or the version

With -r, a link that bears the name of something below DEST is replaced, never written through. -v prints an entry
before it is copied.

The exit status is 0 if all was copied, 1 if anything was not, 130 after Ctrl-C.
`

export const MV_HELP = `Usage: palfs mv [OPTION]... SOURCE DEST
  or:  palfs mv [OPTION]... SOURCE... DIRECTORY
  or:  palfs mv [OPTION]... -t DIRECTORY SOURCE...

Renames; to another filesystem, copies with all metadata and removes the source when the copy is on the disk. What metadata
could not be kept there is said, and no failure.

  -f, --force                  replace what is at the destination (as happens anyway)
  -n, --no-clobber             leave it alone
  -u, --update                 move only what is newer than the destination or missing there
  -t, --target-directory=DIR   move every SOURCE into DIR
  -T, --no-target-directory    DEST is the new name, even where a directory has it
  -v, --verbose                print each move that was made

Not in GNU mv:
      --strict                 leave a SOURCE where it is, status 1, if any metadata could not be kept
      --jobs=N                 use at most N threads
      --json                   print one object that says what was moved, and how
      --progress               show a progress bar (on a terminal it appears by itself after a second)
      --no-progress            never show it
      --help, --version        print this text, or the version

Of -f and -n the last one counts. The exit status is 0 if all was moved, 1 if anything was not, 130 after Ctrl-C.
`

export const RM_HELP = `Usage: palfs rm [OPTION]... FILE...

Removes files, links (never what they lead to), and directories with -r.

  -r, -R, --recursive          remove directories with what is in them
  -d, --dir                    remove empty directories
  -f, --force                  what does not exist is no error
  -v, --verbose                print each FILE that was removed

Not in GNU rm:
      --jobs=N                 use at most N threads
      --json                   print one object that says what was removed
      --progress               show a progress bar (on a terminal it appears by itself after a second)
      --no-progress            never show it
      --help, --version        print this text, or the version

'/', '.' and '..' are refused. Nothing is ever asked. The exit status is 0 if all was removed, 1 if anything was not,
130 after Ctrl-C.
`

export const INFO_HELP = `Usage: palfs info [--json] [PATH]

Prints the platform, libc, versions of Node and palfs, the loaded binary and the copy methods that may be used; with
PATH also what the filesystem that holds it can do, found by trying (unnamed and random names, removed at once).

      --json     print them as one object
      --help     print this text
`

export const XATTR_HELP = `Usage: palfs xattr list [-h] [--json] FILE
  or:  palfs xattr get [-h] [--json] NAME FILE
  or:  palfs xattr set [-h] [--create|--replace] NAME VALUE FILE...
  or:  palfs xattr rm [-h] NAME FILE...

Extended attributes: their names, sorted, one a line; a value, byte for byte; set; removed. Names carry their namespace: user.comment.

  -h, --no-dereference   a symbolic link's own attributes, not those of what it leads to
      --create           only if FILE has no such attribute
      --replace          only if it has
      --json             print an array of names, or the name and its value; what is not UTF-8 as {"base64": ...}
      --help             print this text

The exit status is 0 if all went well, 1 if anything did not.
`
