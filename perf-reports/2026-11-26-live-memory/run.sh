#!/usr/bin/env bash
# Makes raw-17.txt and raw-25.txt. Needs about 4 GB of memory, half a minute each.
#   JAVA17_HOME, JAVA25_HOME   the two JDKs
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
[ -d cli/target/quick/lib ] || ./quire --version >/dev/null
classes=$(echo cli/target/quick/lib/*.jar | tr ' ' ':')
for java in "17:$JAVA17_HOME" "25:$JAVA25_HOME"; do
    { date -u; uname -r; cat /sys/kernel/mm/transparent_hugepage/{enabled,shmem_enabled}; } >"$here/raw-${java%%:*}.txt"
    "${java#*:}/bin/java" -Xmx300m -XX:+UseSerialGC -cp "$classes" "$here/LiveMemoryKinds.java" \
        "${1:-7000000}" 100 "${2:-9}" "${3:-400000}" 2>&1 | grep -v '^WARNING' | tee -a "$here/raw-${java%%:*}.txt"
done
