#!/usr/bin/env bash
# Makes this report's raw data and charts. What is there already is skipped; what was interrupted goes on where it was.
#   ./run.sh              about an hour; the machine should have nothing else to do
#   ./run.sh PART...      some of it: compare zipf levels latency durability jmh larger charts
# The part `larger` needs root and memory cgroups, see perf-reports/within-memory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
[ $# -gt 0 ] || set -- compare zipf levels latency durability jmh larger charts

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
        compare)
            measure compare bench/compare --entries 1000000 --forks 3 --iterations 3 --iteration-ms 250 --warm-ms 300 \
                --repeats 1 --work get,miss,put,rmw,remove-insert,mixed50,scan --peers \
                quire,quire-fixed,quire-arrays,floor,agrona,hashmap,chronicle-file,chronicle-memory,rocksdb,lmdb,mvstore,mapdb
            ;;
        zipf)
            measure zipf bench/compare --entries 1000000 --keys zipf --value-bytes 8,100,1000 --forks 3 --iterations 3 \
                --iteration-ms 250 --warm-ms 300 --repeats 1 --work get,put,rmw --peers \
                quire,hashmap,chronicle-file,rocksdb
            ;;
        levels)
            # Those with the same promise beside each other: nothing; the death of the process; power loss, in groups;
            # power loss, each write. At half of what each can do. On the disk that /tmp is on, or DATA, never in memory.
            # Few entries: it is the log that is compared.
            measure levels ./quire bench latency --data "${DATA:-/tmp}" --work put --scenarios alone --rates half --peers \
                quire,rocksdb,lmdb,quire-process,rocksdb-wal,quire-group,quire-sync,rocksdb-sync,lmdb-sync \
                --entries 20000 --forks 3 --seconds 5 --warm-ms 1000
            ;;
        latency)
            measure latency ./quire bench latency --entries 5000000 --seconds 5 --rates 100000 \
                --scenarios alone,checkpoints,recovering --peers idle,quire,rocksdb,chronicle-file
            ;;
        durability)
            measure durability ./quire bench durability --gib 1 --repeats 1 --seconds 3 --peers \
                quire,rocksdb,lmdb,chronicle-file
            ;;
        jmh)
            mkdir -p "$here/jmh"
            for benchmark in LongLongState BytesState ValueState; do
                [ -e "$here/jmh/$benchmark.json" ] ||
                    perf-reports/jmh "\\.${benchmark}Benchmark\\.(get|putOverwrite)\$" -prof gc -rf json \
                        -rff "$here/jmh/$benchmark.json" -f 3 -wi 2 -i 3 -w 400ms -r 400ms -p entryCount=1000000 |
                    tee "$here/jmh/$benchmark.txt"
            done
            ;;
        larger)
            # 4 million entries of 108 bytes, and half a gigabyte for the JVM, its heap and the cache of the files.
            data=$(mktemp -d "${DATA:-/tmp}/quire-larger-XXXXXX")
            trap 'rm -rf "$data"' EXIT
            [ -e "$here/larger.json" ] ||
                perf-reports/within-memory 512 perf-reports/jmh 'PeerBenchmark\.(get|putOverwrite)$' \
                    -p peer=quire-directory,chronicle-file,rocksdb,lmdb -p shape=8x100 -p entryCount=4000000 \
                    -p data="$data" -f 1 -wi 2 -i 3 -w 2s -r 2s -rf json -rff "$here/larger.json" \
                    -jvmArgsAppend "-Xmx192m -Djava.io.tmpdir=$data" | tee "$here/larger.txt"
            ;;
        charts)
            ./quire bench charts "$here"/{compare,zipf,levels,latency,durability}
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
