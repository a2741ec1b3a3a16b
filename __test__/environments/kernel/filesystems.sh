# Sourced by each bash script in the guest (BASH_ENV): the functions that make and mount filesystems.
for file in "$(dirname "${BASH_SOURCE[0]}")"/filesystems/*.sh; do source "$file"; done
unset file
