#!/usr/bin/env bash
# Makes this report's raw data and charts; resumed when it was interrupted. About five minutes; the machine should have
# nothing else to do.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

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
} >"$here/env.txt" 2>&1 || true

[ -e "$here/compare/result.json" ] ||
    bench/compare --out "$here/compare" --entries 1000000 --work get,put,rmw \
        --peers quire,agrona,hashmap,chronicle-file,rocksdb \
        --forks 3 --iterations 3 --iteration-ms 150 --warm-ms 300 --repeats 1 | tee "$here/compare.txt"
[ -e "$here/demo.txt" ] || ./quire demo >"$here/demo.txt"
./quire bench charts "$here/compare"

# Paths begin at the repository: where it was checked out is nobody's business.
grep -rlF "$root" "$here" --include='*.txt' --include='*.json' --include='*.jsonl' --include='*.csv' --include='*.log' |
    while IFS= read -r file; do sed -i "s#$root/\{0,1\}##g" "$file"; done
