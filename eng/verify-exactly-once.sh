#!/usr/bin/env bash
# Tries to break exactly-once: worker processes under random faults, judged by independent clients.
#
#   eng/verify-exactly-once.sh [--kills N] [--minutes M] [--broker embedded|kafka] [--seed S]
#   eng/verify-exactly-once.sh --self-check      plants faults that the judges must see
#   eng/verify-exactly-once.sh --help            all options
#
# Prints kills done, records checked, violations and recovery times. The exit code is 0 only without any violation.
# Apache Kafka is looked for in ../shared/kafka (KAFKA_HOME names another place). What is checked: docs/exactly-once.md.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly project=$root/tests/StreamFlow.Verification
readonly log=$root/artifacts/verify-build.log

"$root/eng/bootstrap.sh"
"$root/eng/test-tools.sh"
mkdir -p "${log%/*}"
if ! dotnet build "$project" -c Release -v q --nologo -nodeReuse:false >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  exit 2
fi
exec dotnet "$project/bin/Release/net10.0/StreamFlow.Verification.dll" "$@"
