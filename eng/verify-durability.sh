#!/usr/bin/env bash
# Tries to make the broker lose something: kills it under mixed load, and cuts the power of a simulated disk before any
# of its operations, under clients that live on.
#
#   eng/verify-durability.sh [--kills N] [--power-cuts N] [--seed S]     (default: 100 kills, 1000 power cuts)
#
# Prints a line with the counts for each; the exit code is 0 only if nothing was lost, torn or resurrected. A failure
# names its seed. What is promised: docs/broker.md, "Storage" and "Transaction coordinator".
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly project=$root/tests/StreamFlow.Broker.Tests
readonly log=$root/artifacts/verify-durability.log

kills=100
cuts=1000
while (($# > 0)); do
  case $1 in
    --kills) kills=${2:?--kills needs a number} ;;
    --power-cuts) cuts=${2:?--power-cuts needs a number} ;;
    --seed) export STREAMFLOW_DURABILITY_SEED=${2:?--seed needs a number} ;;
    *)
      sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      [[ $1 == --help ]] && exit 0 || exit 2
      ;;
  esac
  shift 2
done

mkdir -p "${log%/*}"
result=$(mktemp)
trap 'rm -f "$result"' EXIT
export STREAMFLOW_KILLS=$kills STREAMFLOW_SIMULATED_CUTS=$cuts STREAMFLOW_DURABILITY_RESULT=$result
if ! dotnet test "$project" -c Release --nologo -nodeReuse:false --filter "FullyQualifiedName~Tests.Durability" \
  --logger "console;verbosity=detailed" >"$log" 2>&1; then
  grep -E "SEED=|Failed |error" -A 8 "$log" >&2
  exit 1
fi
cat "$result"
