#!/usr/bin/env bash
# Makes this report's raw data, a JVM for each kind of table. What is there already is skipped; what was interrupted goes
# on where it was.
#   ./run.sh           about three quarters of an hour; the machine should have nothing else to do
#   ./run.sh --small   a minute; to see that everything works, not for figures
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

small=()
[ "${1:-}" != --small ] || small=(--entries 10000 --turnovers 20 --grow-to 100000 --rounds 2 --slice-ms 20)

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

# measure NAME OPTION...: makes trials into the folder NAME unless they are there already; later options win.
measure() {
    [ -e "$here/$1/result.json" ] ||
        ./quire bench tables --out "$here/$1" "${@:2}" "${small[@]}" | tee "$here/$1.txt"
}

measure churn-long-long --trials churn --kinds long-long --turnovers 1000
for kind in bytes-20-200 fixed-100 bytes-100; do
    measure "churn-$kind" --trials churn --kinds "$kind" --turnovers 300
done
for kind in long-long bytes-20-200 fixed-100; do
    measure "readers-$kind" --trials readers --kinds "$kind" --rounds 8 --slice-ms 300
done
measure growth-bytes-100-20M --trials growth --kinds bytes-100 --grow-to 20000000 --repeats 2
measure growth-long-long-50M --trials growth --kinds long-long --grow-to 50000000 --repeats 1

# Paths begin at the repository: where it was checked out is nobody's business.
grep -rlF "$root" "$here" --include='*.txt' --include='*.json' --include='*.jsonl' |
    while IFS= read -r file; do sed -i "s#$root/\{0,1\}##g" "$file"; done
