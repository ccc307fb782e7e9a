#!/bin/sh
# Put a local Apache Kafka (KRaft, one node) into .kafka/ for the tests: `make kafka`.
#
# Usage: install.sh [TARGET]     TARGET: default .kafka in the repository
# Exit:  0 in place; 1 it came but does not run; 3 not available here (no Java 17, no Maven, or
#        no answer from the registry Maven is set up for): tests then use another broker.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
target=${1:-"$here/../../.kafka"}

absent() {
    echo "kafka: not available: $1" >&2
    exit 3
}

command -v java >/dev/null 2>&1 || absent "java not found; install a Java 17 runtime"
major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
[ "${major:-0}" -ge 17 ] || absent "Java ${major:-unknown} found; Kafka 4 needs 17 or later"

stamp=$(cksum <"$here/pom.xml")
if [ -f "$target/stamp" ] && [ "$(cat "$target/stamp")" = "$stamp" ]; then
    echo "kafka: Apache Kafka $(cat "$target/version") is in place"
    exit 0
fi

command -v mvn >/dev/null 2>&1 || absent "mvn not found; install Maven"
rm -rf "$target"
mkdir -p "$target"
target=$(cd "$target" && pwd)
echo "kafka: fetching the broker's jars (38 MB) with Maven"
if ! mvn --batch-mode --quiet --no-transfer-progress --file "$here/pom.xml" \
    dependency:copy-dependencies "-DoutputDirectory=$target/libs" >"$target/install.log" 2>&1; then
    tail -n 5 "$target/install.log" >&2
    absent "Maven could not fetch the jars; see $target/install.log"
fi

# One class of the broker, so that a missing jar is found now and not in the middle of the tests.
if ! java -cp "$target/libs/*" "-Dlog4j2.configurationFile=$here/log4j2.properties" \
    "-Dkafka.log.file=$target/install.log" kafka.Kafka --version >"$target/version" 2>&1; then
    cat "$target/version" >&2
    echo "kafka: the jars are here but do not run" >&2
    exit 1
fi
# The command prints "4.1.1 (Commit:...)".
sed -i 's/ .*//' "$target/version"
echo "$stamp" >"$target/stamp"
echo "kafka: Apache Kafka $(cat "$target/version") is in place"
