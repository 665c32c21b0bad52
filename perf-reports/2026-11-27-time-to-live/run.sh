#!/usr/bin/env bash
# Makes this report's raw data with JMH. What is there already is skipped.
#   ./run.sh           about six minutes; the machine should have nothing else to do
#   ./run.sh --small   a minute; to see that everything works, not for figures
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

steady=(-f 3 -wi 2 -i 3 -w 500ms -r 500ms -p entryCount=1000000)
copies=(-f 3 -wi 1)
sizes=(1000000 5000000)
if [ "${1:-}" = --small ]; then
    steady=(-f 1 -wi 1 -i 1 -w 100ms -r 100ms -p entryCount=10000)
    copies=(-f 1 -wi 0)
    sizes=(10000 20000)
fi

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

# measure NAME OPTION...: runs JMH into NAME.json and NAME.txt unless they are there already.
measure() {
    [ -e "$here/jmh/$1.json" ] && return
    mkdir -p "$here/jmh"
    perf-reports/jmh "${@:2}" -rf json -rff "$here/jmh/$1.part" | tee "$here/jmh/$1.txt"
    mv "$here/jmh/$1.part" "$here/jmh/$1.json"
}

measure first-1 '\.FirstTimeToLiveBenchmark\.' "${copies[@]}" -i 2 -p entryCount="${sizes[0]}"
measure first-5 '\.FirstTimeToLiveBenchmark\.copy$' "${copies[@]}" -i 1 -p entryCount="${sizes[1]}"
measure bytes '\.TimeToLiveBenchmark\.(get|put)Bytes$' "${steady[@]}" -prof gc
measure longs '\.TimeToLiveBenchmark\.(get|put)Long$' "${steady[@]}" -prof gc

# Paths begin at the repository and at the JDK: where they are was nobody's business.
sed -i -e "s#$root/\{0,1\}##g" -e 's#/[^ "]*/bin/java#java#g' -e "s#$HOME#~#g" "$here"/jmh/*.txt "$here"/jmh/*.json
