#!/bin/bash
# The rest of the guest's init, in the host's folder for this run: mounts what programs need, runs the given script as root
# with its output in a file of that folder, leaves its exit status there, and turns the guest off.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null || mountpoint -q /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir -p /run/lock /mnt
ip link set lo up
hostname guest
ln -sfn /proc/self/mounts /etc/mtab
cp -r /host/package /opt/palfs
export BASH_ENV=/opt/palfs/__test__/environments/kernel/filesystems.sh
cd /tmp
/bin/bash /host/script "${ARGUMENTS[@]}" >/host/output 2>&1 </dev/null
echo $? >/host/status.part
mv /host/status.part /host/status
busybox poweroff -f
