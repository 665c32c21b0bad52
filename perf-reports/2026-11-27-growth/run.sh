#!/usr/bin/env bash
# Makes this report's raw data, a JVM for each kind of table. What is there already is skipped; what was interrupted goes
# on where it was.
#   ./run.sh                 this tree, into after-*; about five minutes, in which the machine should have nothing else to do
#   ./run.sh before          the same into before-*, when this folder is in a tree of the commit before
#   ./run.sh after --small   seconds; to see that everything works, not for figures
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
name=${1:-after}

small=()
[ "${2:-}" != --small ] || small=(--grow-to 100000)

{
    date -u
    git log -1 --format='commit %H %cI'
    git status --short
    uname -a
    lscpu
    free -h
    cat /sys/kernel/mm/transparent_hugepage/enabled
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" -version
} >"$here/env-$name.txt" 2>&1 || true

# measure KIND ENTRIES REPEATS
measure() {
    local out=$here/$name-$1
    [ -e "$out/result.json" ] ||
        ./quire bench tables --out "$out" --trials growth --kinds "$1" --grow-to "$2" --repeats "$3" "${small[@]}" |
        tee "$out.txt"
}

measure bytes-100 10000000 3
measure long-long 10000000 3
[ "$name" = before ] || measure fixed-100 20000000 1

# Paths begin at the repository: where it was checked out is nobody's business.
grep -rlF "$root" "$here" --include='*.txt' --include='*.json' --include='*.jsonl' |
    while IFS= read -r file; do sed -i "s#$root/\{0,1\}##g" "$file"; done
