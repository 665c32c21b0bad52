#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs the tests of a full file system under live memory, LiveMemoryFullTest, on a tmpfs of 16 MiB. To be run as root, who
# may mount it; the mount is in a namespace of its own, so nobody else sees it and it goes with the script.
#
#   memory-full.sh [MAVEN_OPTION...]
#
# JAVA_HOME chooses the JDK: both sides of 22 are worth a run, since they go on in different ways.
set -euo pipefail
if [ "${1:-}" != --inside ]; then
    [ "$(id -u)" = 0 ] || { echo "memory-full: only root may mount a file system" >&2; exit 2; }
    exec unshare --mount --propagation private "$0" --inside "$@"
fi
shift
cd -P "$(dirname "$0")/../../../.."
small=$(mktemp -d "${TMPDIR:-/tmp}/quire-memory-full.XXXXXX")
trap 'umount "$small" && rmdir "$small"' EXIT
mount -t tmpfs -o size=16m,mode=700 quire-memory-full "$small"
mvn -B -ntp -q test -P'!gates' -pl checkpoint -am -Dtest=LiveMemoryFullTest -Dquire.smallFileSystem="$small" "$@"
