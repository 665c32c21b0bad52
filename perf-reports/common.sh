# Sourced by the scripts beside it: finds the repository, the JVM and the class path of the bench module.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
folder=$root/bench/target/quick

# Builds the bench module unless it is up to date.
"$root/quire" bench --version >/dev/null

# Not the jar with the wildcard: JMH hands the class path on to its forks.
class_path=$(printf '%s:' "$folder"/quire-bench-*.jar "$folder"/lib/*.jar)
class_path=${class_path%:}

# Arguments that newer JDKs want for what is used anyway.
jvm_arguments() {
    case $("$java" -XshowSettings:properties -version 2>&1 | sed -n 's/.*java.specification.version = //p') in
    1[0-9] | 2[0-3]) ;;
    *) printf '%s\n' --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ;;
    esac
}
