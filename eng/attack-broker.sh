#!/usr/bin/env bash
# Attacks the broker as somebody would who can connect and means no good, and prints how much memory it had resident at most:
# a row for each attack. With --before it attacks another commit as well, for a column beside.
#
#   eng/attack-broker.sh [--before COMMIT] [--fuzz N] [--seed S]
#
# --fuzz sends N generated requests to the broker instead, and prints how many were answered and refused; the exit code is 0 only if
# it took all of them and serves on. A failure names its seed. Linux only. What is attacked: docs/broker.md, "Limits".
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly project=$root/tests/StreamFlow.Broker.Tests
readonly log=$root/artifacts/attack-broker.log

before=''
fuzz=''
while (($# > 0)); do
  case $1 in
    --before) before=${2:?--before needs a commit} ;;
    --fuzz) fuzz=${2:?--fuzz needs a number} ;;
    --seed) export STREAMFLOW_FUZZ_SEED=${2:?--seed needs a number} ;;
    *)
      sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      [[ $1 == --help ]] && exit 0 || exit 2
      ;;
  esac
  shift 2
done

mkdir -p "${log%/*}"
scratch=$(mktemp -d)
cleanup() {
  [[ ! -d $scratch/before ]] || git -C "$root" worktree remove --force "$scratch/before"
  rm -rf "$scratch"
}
trap cleanup EXIT
result=$scratch/result

run() {
  if ! dotnet test "$project" -c Release --nologo -nodeReuse:false --filter "FullyQualifiedName~$1" \
    --logger "console;verbosity=detailed" >"$log" 2>&1; then
    grep -aE "seed|Failed |error" -A 8 "$log" >&2
    exit 1
  fi
  cat "$result"
}

if [[ -n $fuzz ]]; then
  export STREAMFLOW_FUZZ_INPUTS=$fuzz STREAMFLOW_FUZZ_RESULT=$result
  run Limits.WireFuzzTests
  exit
fi

dotnet build "$root/src/StreamFlow.Cli" -c Release --nologo -v q >"$log" 2>&1
brokers=$root/src/StreamFlow.Cli/bin/Release/net10.0/StreamFlow.Cli.dll
if [[ -n $before ]]; then
  git -C "$root" worktree add --quiet --detach "$scratch/before" "$before"
  dotnet build "$scratch/before/src/StreamFlow.Cli" -c Release --nologo -v q >>"$log" 2>&1
  brokers="$scratch/before/src/StreamFlow.Cli/bin/Release/net10.0/StreamFlow.Cli.dll;$brokers"
  echo "| attack | resident at most in ${before:0:7} | now |"
  echo '|---|---|---|'
else
  echo '| attack | resident at most |'
  echo '|---|---|'
fi
export STREAMFLOW_ATTACKED_BROKERS=$brokers STREAMFLOW_ATTACK_RESULT=$result
run Limits.AttackTests.Other_brokers
