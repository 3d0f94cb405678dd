#!/bin/sh
# Pid namespaces, one in the other: processes whose numbers inside have nothing to do with
# their pids. $1: the folder of the compiled workload.
set -e
unshare --pid --fork --mount-proc sh -c "$1/workload vforks 6; true; sh -c 'exit 3' || true"
unshare --pid --fork sh -c "unshare --pid --fork sh -c 'true; $1/workload chain 4; true'; true"
unshare --mount --uts --ipc sh -c 'hostname godo-test; true'
