#!/bin/sh
# A container of our own making: a root of its own with one static-looking tree of
# programs, and namespaces of its own. $1: the folder of the compiled workload; $2: an
# empty folder for the root.
set -e
for folder in bin lib lib64 usr proc; do mkdir -p "$2/$folder"; done
unshare --mount --pid --uts --ipc --fork sh -c "
  set -e
  mount --make-rprivate /
  for folder in bin lib lib64 usr; do mount --bind /\$folder '$2'/\$folder; done
  mount -t proc proc '$2/proc'
  cp '$1/workload' '$2/workload'
  exec chroot '$2' /bin/sh -c '/workload vforks 5; /workload daemons 3; ls / | cat; exit 0'
"
