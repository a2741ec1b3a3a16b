# `fscrypt.py DIRECTORY`: gives an empty directory an encryption policy (version 2) with a key made for this run.
import fcntl
import os
import struct
import sys

FS_IOC_ADD_ENCRYPTION_KEY = 0xC0506617
FS_IOC_SET_ENCRYPTION_POLICY = 0x800C6613

directory = os.open(sys.argv[1], os.O_RDONLY)
key = os.urandom(64)
# struct fscrypt_add_key_arg: a specifier by identifier, which the kernel fills in, and the raw key.
argument = bytearray(struct.pack("<II32sII32s", 2, 0, b"", len(key), 0, b"") + key)
fcntl.ioctl(directory, FS_IOC_ADD_ENCRYPTION_KEY, argument)
identifier = bytes(argument[8:24])
# struct fscrypt_policy_v2: AES-256-XTS for contents, AES-256-CTS-CBC for names, padded to 32.
fcntl.ioctl(directory, FS_IOC_SET_ENCRYPTION_POLICY, struct.pack("<BBBB4s16s", 2, 1, 4, 3, b"", identifier))
