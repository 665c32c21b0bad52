#!/usr/bin/env bash
# Makes this report's raw data and charts. What is there already is skipped; what was interrupted goes on where it was, so
# that it can be made in the quiet hours of several nights.
#   ./run.sh           hours; the machine should have nothing else to do
#   ./run.sh --short   about an hour and a half: fewer contestants, sizes and repeats
#   ./run.sh --small   minutes; to see that everything works, not for figures
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

small=${1:-}
benchmarks=(LongLongState BytesState ValueState)
if [ "$small" = --small ]; then
    compare=(--entries 10000 --forks 1 --iterations 2 --iteration-ms 50 --warm-ms 100 --repeats 0)
    latency=(--entries 20000 --forks 1 --seconds 2 --rates 20000)
    large=("${compare[@]}")
    durability=(--gib 0.01 --forks 1 --repeats 1 --seconds 1 --rate 20000)
    growth=()
    levels=(--entries 1000 --forks 1 --seconds 1 --warm-ms 200)
    jmh=(-f 1 -wi 1 -i 1 -w 200ms -r 200ms -p entryCount=10000)
    methods='\.get'
elif [ "$small" = --short ]; then
    compare=(--entries 1000000 --forks 3 --iterations 3 --iteration-ms 250 --warm-ms 300 --repeats 1
        --work get,miss,put,rmw,remove-insert,mixed50,scan
        --peers quire,quire-fixed,floor,agrona,hashmap,chronicle-file,rocksdb,lmdb)
    large=(--entries 20000000 --forks 3 --iterations 3 --iteration-ms 300 --warm-ms 300 --repeats 1
        --work load,get,miss,put,rmw --peers quire,quire-fixed,floor,agrona,hashmap,chronicle-file)
    latency=(--entries 5000000 --seconds 5 --rates 100000 --scenarios alone,checkpoints,full,recovering
        --peers idle,quire,quire-process,rocksdb,rocksdb-wal,chronicle-file)
    durability=(--gib 1 --repeats 1 --seconds 3 --peers quire,rocksdb,lmdb,chronicle-file)
    growth=(--gib 0.5,2,4 --repeats 1 --seconds 3 --peers quire)
    levels=(--entries 20000 --forks 1 --seconds 8 --warm-ms 1000)
    jmh=(-f 3 -wi 2 -i 3 -w 400ms -r 400ms -p entryCount=1000000)
    methods='\.(get|putOverwrite)$'
else
    compare=(--keys uniform,zipf --value-bytes 8,100,1000 --entries 1000000,20000000)
    large=()
    latency=()
    durability=(--gib 0.5,1,2,4)
    growth=()
    levels=(--entries 20000 --forks 3 --seconds 20)
    jmh=()
    methods='\.'
    benchmarks+=(LongSetState LongDoubleState LongBytesState FixedBytesState TypedStates Insert)
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
    perf --version
} >"$here/env.txt" 2>&1 || true

measured=()

# measure NAME COMMAND...: runs a measurement into the folder NAME unless that is there already.
measure() {
    measured+=("$here/$1")
    [ -e "$here/$1/result.json" ] || "${@:2}" --out "$here/$1" | tee "$here/$1.txt"
}

measure compare bench/compare "${compare[@]}"
measure durability ./quire bench durability "${durability[@]}"
[ "${#growth[@]}" -eq 0 ] || measure durability-growth ./quire bench durability "${growth[@]}"
[ "${#large[@]}" -eq 0 ] || measure compare-large bench/compare "${large[@]}"
measure latency ./quire bench latency "${latency[@]}"
# By level of durability, those with the same promise beside each other: nothing; the death of the process; power loss,
# in groups; power loss, each write, beside the force alone. What lasts of the throughput of each until all is acknowledged,
# and at half of what it can do in a moment. On the disk that /tmp is on, or DATA, never in memory. Few entries: it is the
# log that is compared.
against_process=rocksdb-wal,lmdb-process,lmdb-process-map
against_loss=quire-sync,rocksdb-sync,lmdb-sync,force,force-dsync
measure levels ./quire bench latency --data "${DATA:-/tmp}" --work put --scenarios alone --rates max,half --peers \
    "quire,rocksdb,lmdb,quire-process,quire-process-subscribed,$against_process,quire-group,quire-group-durable,$against_loss" \
    "${levels[@]}"
./quire bench charts "${measured[@]}"

mkdir -p "$here/jmh"
for benchmark in "${benchmarks[@]}"; do
    [ -e "$here/jmh/$benchmark.json" ] ||
        perf-reports/jmh "\\.${benchmark}Benchmark$methods" -prof gc -rf json -rff "$here/jmh/$benchmark.json" "${jmh[@]}" |
        tee "$here/jmh/$benchmark.txt"
done

one=(-wi 3 -i 5 -w 1s -r 1s)
[ "$small" != --small ] || one=(-wi 1 -i 1 -w 1s -r 1s)
for operation in get putOverwrite addAndGet; do
    OUT=$here/profile/$operation perf-reports/profile-perf "\\.LongLongStateBenchmark\\.$operation\$" \
        -p entryCount=1000000 -p keys=uniform "${one[@]}" >"$here/profile-$operation.txt" 2>&1 ||
        echo "no perf profile of $operation: see profile-$operation.txt"
    rm -f "$here/profile/$operation/perf.data" "$here/profile/$operation/perf.script"
done
OUT=$here/profile/async perf-reports/profile-async '\.BytesStateBenchmark\.(get|putOverwrite)$' \
    -p entryCount=1000000 -p keyLength=8 -p valueLength=100 "${one[@]}" >"$here/profile-async.txt" 2>&1 ||
    echo "no async profile: see profile-async.txt"

# Paths begin at the repository: where it was checked out is nobody's business.
grep -rlF "$root" "$here" --include='*.txt' --include='*.json' --include='*.jsonl' --include='*.csv' --include='*.log' \
    --include='*.hlog' --include='*.html' |
    while IFS= read -r file; do sed -i "s#$root/\{0,1\}##g" "$file"; done
