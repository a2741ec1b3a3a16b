# Sourced by run-in-guest.sh. `run_machine RUN IMAGE MEMORY` becomes a guest with Debian's user-mode-linux kernel, at native speed,
# with a disk that is a copy of IMAGE to itself; its /host is RUN.

prepare_machine() { :; }

run_machine() {
  exec linux.uml mem="$3" ubd0="$1/disk,$2" root=/dev/ubda rw init=/boot.sh hostfs="$1" quiet con=null con0=null,fd:1 ssl=null
}
