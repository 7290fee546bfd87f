#!/usr/bin/env bash
# Makes golden.txt anew from the classes of Apache Kafka, after messages were added to the layout file.
#
#   tests/StreamFlow.Protocol.Tests/Golden/make.sh KAFKA      KAFKA: the folder of a Kafka as in ../shared/kafka
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
kafka=${1:?the folder of Apache Kafka, as make.sh says at its beginning}

classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
path=$("$kafka/bin/kafka" classpath)
javac -cp "$path" -d "$classes" "$here/GoldenBytes.java"

# Headers and messages of APIs are found by the program itself.
mapfile -t data < <(sed -n 's/^data \(\S*\) .*/\1/p' "$here/../../../src/StreamFlow.Protocol/Messages/kafka.layout" | grep -v Header)
java -cp "$path:$classes" GoldenBytes "${data[@]}" >"$here/golden.txt"
