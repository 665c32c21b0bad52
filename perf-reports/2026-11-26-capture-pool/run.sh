#!/usr/bin/env bash
# Makes stalls.txt and demo.txt of the version that is checked out; stalls-before.txt and demo-before.txt were made by
# commit 64ad40c, stalls-after.txt and demo-after.txt by ec2930a.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
./quire --version
java -cp "$(echo cli/target/quick/lib/*.jar | tr ' ' ':')" "$here/WriterStalls.java" 16 >"$here/stalls.txt"
./quire demo >"$here/demo.txt"
