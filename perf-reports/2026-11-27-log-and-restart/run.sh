#!/usr/bin/env bash
# Makes this report's raw data and charts. What is there already is skipped; what was interrupted goes on where it was.
#   ./run.sh              some fifteen minutes; the machine should have nothing else to do
#   ./run.sh PART...      some of it: latency cost rates charts
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
[ $# -gt 0 ] || set -- latency cost rates charts

{
    date -u
    git log -1 --format='commit %H %cI'
    git status --short
    uname -a
    lscpu
    free -h
    df -hT /tmp /dev/shm
    cat /sys/kernel/mm/transparent_hugepage/enabled
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version
} >"$here/env-$1.txt" 2>&1 || true

# measure NAME COMMAND...: runs a measurement into the folder NAME unless that is there already.
measure() {
    [ -e "$here/$1/result.json" ] || "${@:2}" --out "$here/$1" | tee "$here/$1.txt"
}

for part; do
    case $part in
        latency)
            # As in 2026-11-27-peers, so that the two can be compared.
            measure latency ./quire bench latency --entries 5000000 --seconds 5 --rates 100000 \
                --scenarios checkpoints,recovering --peers idle,quire,rocksdb
            ;;
        cost)
            # What the promise to survive the death of the process adds to an update: nothing else differs.
            measure cost bench/compare --entries 1000000 --shapes long-long,8x100 --work put,rmw --forks 3 \
                --iterations 5 --iteration-ms 250 --warm-ms 500 --repeats 1 --peers quire,quire-process
            ;;
        rates)
            # A rate that every contestant and the disk can keep up. Few entries: it is the log that is compared.
            measure rates ./quire bench latency --data "${DATA:-/tmp}" --work put --scenarios alone --rates 50000 \
                --peers idle,quire,quire-process,quire-group,rocksdb,rocksdb-wal --entries 20000 --forks 3 \
                --seconds 5 --warm-ms 1000
            ;;
        charts)
            ./quire bench charts "$here"/{latency,cost,rates}
            ;;
        *)
            echo "no such part: $part" >&2
            exit 2
            ;;
    esac
done

# Paths begin at the repository: where it was checked out is nobody's business.
grep -rlF "$root" "$here" --include='*.txt' --include='*.json' --include='*.jsonl' --include='*.csv' --include='*.log' \
    --include='*.hlog' |
    while IFS= read -r file; do sed -i "s#$root/\{0,1\}##g" "$file"; done
