# Sourced by run-in-guest.sh. `run_machine RUN IMAGE MEMORY` becomes a guest with Debian's own kernel, emulated by qemu (no
# virtualisation is needed; some ten times slower), for filesystems that user-mode-linux lacks. Its /host is RUN, over 9p. Two
# folders of this machine are its to mount: `passthrough` and `mapped` over 9p, and `virtiofs`.

prepare_machine() { boot=$("$here/qemu-boot.sh"); }

run_machine() {
  mkdir "$1/passthrough" "$1/mapped" "$1/virtiofs"
  /usr/lib/qemu/virtiofsd --socket-path="$1/virtiofsd.socket" -o "source=$1/virtiofs" -o xattr -o cache=auto >"$1/virtiofsd.log" 2>&1 &
  while [[ ! -S $1/virtiofsd.socket ]]; do sleep 0.1; done
  # The image is only read, but a guest with user-mode-linux has it locked.
  exec qemu-system-x86_64 -accel tcg -cpu max -m "$3" -nodefaults -no-user-config -display none -no-reboot -serial stdio \
    -object "memory-backend-memfd,id=memory,size=$3,share=on" -machine q35,memory-backend=memory \
    -kernel "$boot/vmlinuz" -initrd "$boot/initrd" -append 'console=ttyS0 quiet' -device virtio-rng-pci \
    -drive "file.filename=$2,file.locking=off,format=raw,if=virtio,snapshot=on" \
    -drive "file.filename=$boot/modules.ext4,file.locking=off,format=raw,if=virtio,readonly=on" \
    -virtfs "local,path=$1,mount_tag=host,security_model=none" \
    -virtfs "local,path=$1/passthrough,mount_tag=passthrough,security_model=passthrough" \
    -virtfs "local,path=$1/mapped,mount_tag=mapped,security_model=mapped-xattr" \
    -chardev "socket,id=virtiofs,path=$1/virtiofsd.socket" -device vhost-user-fs-pci,chardev=virtiofs,tag=virtiofs
}
