#!/usr/bin/env bash
# Runs clients nobody here wrote against the broker, and Kafka's own tools, command by command, beside Apache Kafka.
#
#   eng/verify-clients.sh [tools] [clients] [--write]     (default: both tables)
#
#   --write    also writes them into docs/reference/clients.md
#
# Prints the tables; the exit code is 0 only if every tool says the same to both brokers, or what tests/StreamFlow.Broker.Tests/
# Clients/Tables/tool-cases.txt says of it, and no feature of a client fails. Apache Kafka is looked for in ../shared/kafka (KAFKA_HOME
# names another place); a JDK runs its tools. Clients that are not installed are left out; kafkajs is fetched with npm.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly project=$root/tests/StreamFlow.Broker.Tests
readonly page=$root/docs/reference/clients.md
readonly log=$root/artifacts/verify-clients.log

wanted=()
write=''
for argument in "$@"; do
  case $argument in
    tools | clients) wanted+=("$argument") ;;
    --write) write=yes ;;
    *)
      sed -n '2,10s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      [[ $argument == --help ]] && exit 0 || exit 2
      ;;
  esac
done
((${#wanted[@]})) || wanted=(tools clients)

"$root/eng/test-tools.sh"
mkdir -p "${log%/*}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kafkajs=${KAFKAJS:-$HOME/.cache/streamflow/kafkajs}
if [[ " ${wanted[*]} " == *' clients '* && ! -d $kafkajs/node_modules/kafkajs ]] && command -v npm >/dev/null; then
  mkdir -p "$kafkajs"
  npm install --silent --prefix "$kafkajs" kafkajs@2.2.4 kafkajs-snappy@1.1.0 kafkajs-lz4@1.2.1 >"$log" 2>&1 ||
    echo "verify-clients.sh: kafkajs is left out, npm could not fetch it; see $log" >&2
fi

# table NAME VARIABLE TEST
table() {
  local name=$1
  if ! env "$2=$work/$name" dotnet test "$project" -c Release --nologo -nodeReuse:false --filter "FullyQualifiedName~$3" \
    --logger "console;verbosity=detailed" >"$log" 2>&1; then
    grep -E 'error [A-Z]+[0-9]+|Error Message' -A 400 "$log" | grep -vE '^ +at ' >&2 || tail -n 30 "$log" >&2
    exit 1
  fi
  [[ -f $work/$name ]] || { grep -i 'skip' -A 3 "$log" >&2; exit 1; }
  grep -E '^ *[0-9]+ (commands|features), |is left out' "$log" | sort -u >&2
  cat "$work/$name"
  [[ -z $write ]] || put "$name"
}

# put NAME: between the marks of that name.
put() {
  awk -v mark="$1" -v file="$work/$1" '
    $0 == "<!-- /" mark "-table -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- " mark "-table -->" { inside = 1; print ""; while ((getline line < file) > 0) print line; print "" }
  ' "$page" >"$work/page"
  cat "$work/page" >"$page"
}

for name in "${wanted[@]}"; do
  case $name in
    tools) table tools STREAMFLOW_TOOL_TABLE ToolTableTests ;;
    clients) table clients STREAMFLOW_CLIENT_TABLE ClientTableTests ;;
  esac
done
