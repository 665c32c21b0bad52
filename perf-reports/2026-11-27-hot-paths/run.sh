#!/usr/bin/env bash
# Loops over the hot paths: run.sh loops > run1.txt and the like; run.sh profile lget|lput|bget|bput [NONE|PROCESS].
# Works on commit 3d2009a with switches.patch; what run1.txt and run2.txt call exp had windows of slots as well, whose code was not kept.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
./quire --version >/dev/null
libraries=$(printf '%s:' cli/target/quick/lib/*.jar)
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
git archive 3d2009a store-core checkpoint | tar x -C "$classes"
patch -s -p1 -d "$classes" <"$here/switches.patch"
javac -nowarn -proc:none -cp "$libraries" -d "$classes" "$here"/*.java \
    $(find "$classes"/*/src/main/java -name '*.java' ! -name module-info.java) 2>/dev/null
run() { java -Xmx3g -XX:+UseSerialGC -cp "$classes:$libraries" "$@"; }
case $1 in
loops)
    for fork in 1 2 3; do
        for mode in lget lput lrmw agget agput agrmw lbatch bget bwrap bbatch bput brmw bgetA bputA; do
            run HotLoops $mode 1000000
        done
        for mode in lput bput; do
            run HotLoops $mode 1000000 PROCESS
            run HotLoops $mode 1000000 NONE 16384
            run HotLoops $mode 1000000 PROCESS 16384
        done
        for switches in "-Dx.preload=true" "-Dx.owncopy=true" "-Dx.owncopy=true -Dx.copymax=256" "-Dx.src=true" "-Dx.ahead=512"; do
            echo "$switches"
            run $switches HotLoops bput 1000000
            run $switches HotLoops bput 1000000 PROCESS
        done
        for capacity in 65536 1048576 16777216; do
            for length in 8 100; do
                run Publishing $capacity $length $((capacity / 4 / (length + 32))) 0
                run Publishing $capacity $length $((capacity / 4 / (length + 32))) 32
            done
        done
    done
    ;;
profile)
    perf record -q -F 3000 -e cpu-clock -o "$classes/perf.data" -- \
        java -Xmx3g -XX:+UseSerialGC -Drounds=60 -XX:+UnlockDiagnosticVMOptions -XX:CompileCommand=quiet \
        '-XX:CompileCommand=print,HotLoops*::lambda*' '-XX:CompileCommand=print,io.quire.store.*State::*' \
        '-XX:CompileCommand=print,io.quire.store.table.*::*' -cp "$classes:$libraries" \
        HotLoops "$2" 1000000 "${3:-NONE}" >"$classes/code.txt" 2>&1
    perf script -i "$classes/perf.data" -F ip 2>/dev/null | tr -d ' ' >"$classes/samples.txt"
    python3 "$here/annotate.py" "$classes/code.txt" "$classes/samples.txt"
    ;;
esac
