#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Counts words with `quire wordcount`, kills it with SIGKILL at random moments, starts it again until it is through, and
# compares the result with coreutils, byte by byte.
#
#   wordcount-kill.sh [--kills N] [--seconds S] [--seed SEED] [--quire COMMAND] [FILE...]
#
# Without FILE it makes inputs of its own: text, words of 1 byte to 1 MiB, binary data with NUL bytes, an empty file, and
# one without a final newline. It stops killing after N kills or S seconds, whichever is first. Exit code 0 when the result
# is exactly right, 1 when not. Everything is in a temporary directory that is removed at the end.
set -euo pipefail
export LC_ALL=C.UTF-8

kills=20
seconds=60
seed=$RANDOM
quire=${QUIRE:-$(dirname "$0")/../../../../quire}
files=()
while [ $# -gt 0 ]; do
    case $1 in
        --kills) kills=$2; shift 2 ;;
        --seconds) seconds=$2; shift 2 ;;
        --seed) seed=$2; shift 2 ;;
        --quire) quire=$2; shift 2 ;;
        -*) echo "wordcount-kill: unknown option $1" >&2; exit 2 ;;
        *) files+=("$1"); shift ;;
    esac
done
RANDOM=$seed
work=$(mktemp -d "${TMPDIR:-/tmp}/quire-wordcount-kill.XXXXXX")
pid=
cleanup() {
    if [ -n "$pid" ]; then kill -KILL "$pid" 2>/dev/null || true; fi
    # The next open of a store whose owner was killed takes over what is left in memory, and its close removes it.
    if [ -d "$work/store" ]; then
        "$quire" wordcount --dir "$work/store" --no-input --quiet >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT
echo "wordcount-kill: seed=$seed replay: $0 --seed $seed --kills $kills --seconds $seconds"

make_inputs() {
    local i
    mkdir "$work/in"
    for i in 1 2 3 4; do
        awk -v seed="$seed$i" 'BEGIN { srand(seed); for (n = 0; n < 1500000; n++) {
            w = int(exp(rand() * 13)); printf "%s%d%s", (w % 7 ? "word" : "w"), w, (n % 11 ? " " : "\n") } }' \
            > "$work/in/text$i.txt"
    done
    head -c 20000000 /dev/urandom > "$work/in/binary"
    head -c 3000000 /dev/urandom | LC_ALL=C tr '\060-\377' '[\000*]' > "$work/in/nul"
    {
        head -c 1048576 /dev/zero | tr '\0' 'x'; printf ' y\v'; head -c 1048576 /dev/zero | tr '\0' 'x'; printf '\f\r\t'
        head -c 40000000 /dev/zero | tr '\0' 'z'; printf ' '; head -c 5000 /dev/zero; printf ' '; head -c 40000000 /dev/zero | tr '\0' 'z'
        printf '\n last word'
    } > "$work/in/long"
    : > "$work/in/empty"
    printf 'no final newline' > "$work/in/unterminated"
    files=("$work"/in/*)
}
if [ ${#files[@]} -eq 0 ]; then make_inputs; fi
# The command counts a file once, under whatever names it is given.
mapfile -d '' -t files < <(realpath -z -- "${files[@]}" | sort -zu)

words=("$quire" wordcount --dir "$work/store" --interval 300ms --quiet "${files[@]}")
started=$SECONDS
done_kills=0
while [ "$done_kills" -lt "$kills" ] && [ $((SECONDS - started)) -lt "$seconds" ]; do
    "${words[@]}" 2>"$work/err" &
    pid=$!
    sleep "$(printf '%d.%03d' $((RANDOM % 3)) $((RANDOM % 1000)))"
    if ! kill -KILL "$pid" 2>/dev/null; then
        wait "$pid" || { cat "$work/err" >&2; echo "wordcount-kill: FAILED: a run ended with an error" >&2; exit 1; }
        pid=
        break # it was through before the kill
    fi
    wait "$pid" 2>/dev/null || true
    pid=
    done_kills=$((done_kills + 1))
done
if ! "${words[@]}"; then
    echo "wordcount-kill: FAILED: the last run ended with an error" >&2
    exit 1
fi
"$quire" wordcount --dir "$work/store" --no-input --quiet --dump > "$work/found"
for file in "${files[@]}"; do cat "$file"; echo; done | tr -s '[:space:]' '\n' | LC_ALL=C sed '/^$/d' | LC_ALL=C sort \
    | LC_ALL=C uniq -c | LC_ALL=C sed -E 's/^ *([0-9]+) /\1\t/' > "$work/expected"
if ! cmp "$work/found" "$work/expected"; then
    echo "wordcount-kill: FAILED: the counts differ after $done_kills kills, seed=$seed" >&2
    diff -a "$work/found" "$work/expected" | cut -c 1-200 | head -20 >&2 || true
    exit 1
fi
echo "wordcount-kill: ok, $done_kills kills, $(wc -l < "$work/found") different words, exactly as coreutils count them"
