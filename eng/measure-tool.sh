#!/usr/bin/env bash
# Starts streamflow by turns, compiled just in time, ReadyToRun and as a native file, and says how long a broker takes to answer,
# how long a command takes, and what both need of memory. Medians, with the load of the machine beside them.
#
#   eng/measure-tool.sh [ROUNDS]      (default: 15)
#
# The first two are made into artifacts/tool when they are missing; the native file is left out unless eng/publish-native.sh has
# made it. Nothing here is a test: no figure makes a build fail.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly tool=$root/artifacts/tool
readonly log=$root/artifacts/measure-tool.log

case ${1:-} in
  -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
  '' | [1-9] | [1-9][0-9] | [1-9][0-9][0-9]) ;;
  *) echo "measure-tool.sh: '$1' is no number of rounds from 1 to 999; see eng/measure-tool.sh --help" >&2; exit 2 ;;
esac
rounds=${1:-15}

publish() {
  local name=$1
  shift
  [[ -x $tool/$name/StreamFlow.Cli ]] && return
  # Its own obj and bin: a build of the project is not disturbed. -nodeReuse:false: leave no build server behind.
  if ! dotnet publish "$root/src/StreamFlow.Cli" -c Release -v q --nologo -nodeReuse:false -p:PackAsTool=false --no-self-contained "$@" \
    -p:UseArtifactsOutput=true -p:ArtifactsPath="$work/$name" -o "$tool/$name" >"$log" 2>&1; then
    grep -E 'error [A-Z]+[0-9]+' "$log" | sort -u | head -n 20 >&2 || tail -n 20 "$log" >&2
    echo "measure-tool.sh: publishing failed; all of its output is in $log" >&2
    exit 1
  fi
}

# Milliseconds until a broker answers, and its resident memory in MB then.
start() {
  local began ended line pid
  rm -f "$work/out"
  mkfifo "$work/out"
  began=$EPOCHREALTIME
  "$1" broker --port 0 --log-level none >"$work/out" &
  pid=$!
  read -r line <"$work/out"
  ended=$EPOCHREALTIME
  [[ $line == 'Broker ready at '* ]] || { echo "measure-tool.sh: $1 said '$line'" >&2; exit 1; }
  memory=$(awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$pid/status")
  kill -TERM "$pid"
  wait "$pid" || true
  elapsed=$(((${ended/./} - ${began/./}) / 1000))
}

# Milliseconds of a command that talks to nobody.
command_time() {
  local began ended
  began=$EPOCHREALTIME
  "$1" topics --help >/dev/null
  ended=$EPOCHREALTIME
  elapsed=$(((${ended/./} - ${began/./}) / 1000))
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$tool"
case $(uname -m) in aarch64 | arm64) cpu=arm64 ;; *) cpu=x64 ;; esac
publish jit
publish r2r -r "linux-$cpu" -p:PublishReadyToRun=true
names=(jit r2r)
declare -A path=([jit]=$tool/jit/StreamFlow.Cli [r2r]=$tool/r2r/StreamFlow.Cli)
if [[ -x $root/artifacts/native/streamflow ]]; then
  names+=(native)
  path[native]=$root/artifacts/native/streamflow
fi

for ((round = 0; round <= rounds; round++)); do
  for name in "${names[@]}"; do
    start "${path[$name]}"
    broker="$elapsed $memory"
    command_time "${path[$name]}"
    # The first round has them in the cache of files.
    ((round == 0)) || echo "$broker $elapsed" >>"$work/$name.txt"
  done
done

echo "streamflow, $rounds rounds by turns, $(nproc) processors, load $(cut -d' ' -f1-3 /proc/loadavg)"
echo
echo '| | answers after, ms | resident then, MB | a command, ms | files, MB |'
echo '|---|---|---|---|---|'
for name in "${names[@]}"; do
  files=${path[$name]}
  [[ $name == native ]] || files=$tool/$name
  echo "| $name | $(cut -d' ' -f1 "$work/$name.txt" | median) | $(cut -d' ' -f2 "$work/$name.txt" | median) | $(cut -d' ' -f3 "$work/$name.txt" | median) | $(du -sk --exclude='*.pdb' --exclude='*.xml' "$files" | awk '{ printf "%.1f", $1 / 1024 }') |"
done
