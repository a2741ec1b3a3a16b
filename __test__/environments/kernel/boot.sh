#!/bin/bash
# The guest's init, part of the root image: mounts the host's folder for this run and goes on with the script in it.
mount -t proc proc /proc
mount -t hostfs none /host
exec /host/init.sh
