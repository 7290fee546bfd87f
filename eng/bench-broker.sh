#!/usr/bin/env bash
# Measures the broker beside Apache Kafka, by turns, with Apache Kafka's own tools as they are: producing, consuming, transactions,
# latency, and starting.
#
#   eng/bench-broker.sh [--parts "produce consume codecs transactions fsync latency clients start"] [--reps 3] [--million 1.0]
#                       [--sides "streamflow kafka"] [--name NAME]
#
# --million is how many million records a run has; where records of 1 KiB are written, it has fewer of them. Sides: streamflow (compiled just in
# time), native (the file of eng/publish-native.sh, where it is), kafka. Each side is one process that serves all runs, so that
# both are warm. Results go to artifacts/bench/NAME.jsonl (default: broker- and date and time), the table to the terminal and
# NAME.md. Apache Kafka is looked for in ../shared/kafka (KAFKA_HOME names another place); it and Java must be there.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root out=$root/artifacts/bench
readonly kafka=${KAFKA_HOME:-$root/../shared/kafka}/bin/kafka
readonly tool=$root/src/StreamFlow.Cli/bin/Release/net10.0/StreamFlow.Cli.dll
readonly native=$root/artifacts/native/streamflow
readonly report=$root/tests/StreamFlow.Benchmarks

parts='produce consume codecs transactions fsync latency clients start'
sides='streamflow kafka'
reps=3
million=1.0
name=broker-$(date -u +%Y-%m-%dT%H%M%S)
work=''
declare -A port pid

main() {
  parse_arguments "$@"
  command -v java >/dev/null || { echo 'bench-broker.sh: there is no java on the PATH' >&2; exit 2; }
  [[ -x $kafka ]] || { echo "bench-broker.sh: there is no Apache Kafka at $kafka (set KAFKA_HOME)" >&2; exit 2; }
  mkdir -p "$out"
  file=$out/$name.jsonl
  "$root/eng/bootstrap.sh"
  local project
  for project in "$root/src/StreamFlow.Cli" "$report"; do
    dotnet build "$project" -c Release -v q --nologo -nodeReuse:false >"$out/build.log" 2>&1 || { tail -n 20 "$out/build.log" >&2; exit 1; }
  done
  work=$(mktemp -d)
  trap finish EXIT
  local side part
  for side in $sides; do start "$side"; done
  for part in $parts; do
    case $part in
      produce | consume | codecs | transactions | fsync | latency | clients | start) "run_$part" ;;
      *) echo "bench-broker.sh: unknown part '$part'; see eng/bench-broker.sh --help" >&2; exit 2 ;;
    esac
  done
  [[ ! -f $file ]] || dotnet exec "$report/bin/Release/net10.0/StreamFlow.Benchmarks.dll" Report --in "$file" | tee "$out/$name.md"
}

parse_arguments() {
  while (($#)); do
    case $1 in
      --parts) parts=$2 ;;
      --sides) sides=$2 ;;
      --reps) reps=$2 ;;
      --million) million=$2 ;;
      --name) name=$2 ;;
      -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
      *) echo "bench-broker.sh: unknown option '$1'; see eng/bench-broker.sh --help" >&2; exit 2 ;;
    esac
    shift 2
  done
}

run_produce() {
  local acks
  for acks in 1 all; do
    turns produce "100 B, acks=$acks" "$(records 1)" 100 "acks=$acks"
    turns produce "1 KiB, acks=$acks" "$(records 0.25)" 1024 "acks=$acks"
  done
}

# What is read was written by the same tool just before, and lies in the page cache.
run_consume() {
  turns consume '100 B' "$(records 1)" 100 acks=1
  turns consume '1 KiB' "$(records 1)" 1024 acks=1
}

run_codecs() {
  local codec
  for codec in gzip snappy lz4 zstd; do
    turns produce "1 KiB, $codec" "$(records 0.25)" 1024 acks=all "compression.type=$codec"
  done
  turns consume '1 KiB, lz4' "$(records 0.25)" 1024 acks=1 compression.type=lz4
}

run_transactions() { turns transact '100 B, a transaction of 50 ms after the other' "$(records 0.5)" 100 acks=all; }

# Both brokers flush each batch before they acknowledge it.
run_fsync() { setting=flush.messages=1 turns produce '1 KiB, an fsync per batch' "$(records 0.05)" 1024 acks=all; }

# Well below what either can do: how long a record takes.
run_latency() { rate=5000 turns produce '100 B, 5,000 records/s, linger 0' 100000 100 acks=all linger.ms=0; }

run_clients() { producers=8 turns produce '100 B, 8 producers at once' "$(records 0.1)" 100 acks=all; }

# From the start of the process to the first connection: on a folder that has data, after an orderly stop.
run_start() {
  local turn side began ended
  for ((turn = 0; turn < reps; turn++)); do
    for side in $sides; do
      stop "$side"
      began=$(date +%s%N)
      launch "$side"
      ended=$(date +%s%N)
      line "start" 'process to first connection' "$side" "$(awk "BEGIN { printf \"\\\"start_ms\\\":%.0f\", ($ended - $began) / 1e6 }")"
    done
  done
}

records() { awk "BEGIN { printf \"%d\", $million * 1000000 * $1 }"; }

# turns KIND CASE RECORDS SIZE PROPERTY...: both sides by turns, each on a new topic of four partitions; the first turn warms up.
turns() {
  local kind=$1 what=$2 count=$3 size=$4 turn side topic
  shift 4
  for ((turn = 0; turn <= reps; turn++)); do
    for side in $sides; do
      topic=bench-$RANDOM-$turn
      topics create "$side" "$topic" --partitions 4 ${setting:+--config "$setting"}
      "$kind" "$what" "$side" "$topic" "$count" "$size" "$turn" "$@" || echo "bench-broker.sh: FAILED: $kind $what on $side" >&2
      topics delete "$side" "$topic"
    done
  done
}

topics() { dotnet exec "$tool" topics "$1" "$3" "${@:4}" -b "127.0.0.1:${port[$2]}" >/dev/null; }

produce() {
  local what=$1 side=$2 topic=$3 count=$4 size=$5 turn=$6 i before
  shift 6
  before=$(cpu "$side")
  local started=()
  for ((i = 0; i < ${producers:-1}; i++)); do
    send "$side" "$topic" "$count" "$size" "$@" >"$work/producer-$i" &
    started+=($!)
  done
  for i in "${started[@]}"; do wait "$i"; done
  ((turn == 0)) || line produce "$what" "$side" "$(sent "$work"/producer-* | with_cpu "$side" "$before" "$((count * ${producers:-1}))")"
  rm -f "$work"/producer-*
}

transact() {
  local what=$1 side=$2 topic=$3 count=$4 size=$5 turn=$6 before
  shift 6
  before=$(cpu "$side")
  send "$side" "$topic" "$count" "$size" "$@" --transactional-id "$topic" --transaction-duration-ms 50 >"$work/producer-0"
  ((turn == 0)) || line transactions "$what" "$side" "$(sent "$work/producer-0" | with_cpu "$side" "$before" "$count")"
}

consume() {
  local what=$1 side=$2 topic=$3 count=$4 size=$5 turn=$6 before
  shift 6
  send "$side" "$topic" "$count" "$size" "$@" >/dev/null
  before=$(cpu "$side")
  "$kafka" consumer-perf-test --bootstrap-server "127.0.0.1:${port[$side]}" --topic "$topic" --num-records "$count" \
    --timeout 60000 >"$work/consumer" 2>/dev/null
  ((turn == 0)) || line consume "$what" "$side" "$(tail -n 1 "$work/consumer" | awk -F', *' -v want="$count" '
    { if ($5 + 0 < want) exit 1; printf "\"records_per_s\":%.0f,\"mb_per_s\":%.2f", $10, $9 }' | with_cpu "$side" "$before" "$count")"
}

# send SIDE TOPIC RECORDS SIZE PROPERTY... [--option value ...]
send() {
  local side=$1 topic=$2 count=$3 size=$4 properties=() options=()
  shift 4
  while (($#)); do
    if [[ $1 == --* ]]; then options+=("$1" "$2"); shift 2; else properties+=(--command-property "$1"); shift; fi
  done
  "$kafka" producer-perf-test --bootstrap-server "127.0.0.1:${port[$side]}" --topic "$topic" --num-records "$count" \
    --record-size "$size" --throughput "${rate:--1}" "${properties[@]}" "${options[@]}" 2>/dev/null
}

# What the tool says at its end: rates of several are added, times are those of the slowest.
sent() {
  tail -q -n 1 "$@" | sed 's/[()]//g' | awk '
    / records sent, / {
      for (i = 1; i <= NF; i++) {
        if ($i ~ /^records\/sec/) rate += $(i - 1)
        if ($i ~ /^MB\/sec/) mb += $(i - 1)
        if ($i ~ /^50th/ && $(i - 2) > p50) p50 = $(i - 2)
        if ($i ~ /^99th/ && $(i - 2) > p99) p99 = $(i - 2)
        if ($i ~ /^99\.9th/ && $(i - 2) > p999) p999 = $(i - 2)
      }
      found = 1
    }
    END { if (!found) exit 1; printf "\"records_per_s\":%.0f,\"mb_per_s\":%.2f,\"p50_ms\":%d,\"p99_ms\":%d,\"p999_ms\":%d", rate, mb, p50, p99, p999 }'
}

# cpu SIDE: seconds of processor time its broker has used.
cpu() { awk '{ sub(/.*\) /, ""); print ($12 + $13) / 100 }' "/proc/${pid[$1]}/stat"; }

with_cpu() { printf '%s,"cpu_s_per_million":%s' "$(cat)" "$(awk "BEGIN { printf \"%.4f\", ($(cpu "$1") - $2) / $3 * 1000000 }")"; }

# line PART CASE SIDE FIELDS
line() {
  local resident
  resident=$(awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/${pid[$3]}/status")
  printf '{"kind":"broker","part":"%s","case":"%s","side":"%s","date":"%s","load":%s,"rss_mb":%s,%s}\n' \
    "$1" "$2" "$3" "$(date -u +%FT%TZ)" "$(cut -d' ' -f1 /proc/loadavg)" "$resident" "$4" | tee -a "$file"
}

# A port of its own for each side, which it keeps when it starts again.
start() {
  port[$1]=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  launch "$1"
}

# Returns when the broker takes connections. Records of the past are kept: nothing is to happen beside the runs.
launch() {
  local side=$1 program
  case $side in
    kafka)
      "$kafka" start "$work/kafka" "${port[kafka]}" broker.session.timeout.ms=18000 >/dev/null
      pid[kafka]=$(<"$work/kafka/pid")
      return
      ;;
    streamflow) program=(dotnet exec "$tool") ;;
    native)
      [[ -x $native ]] || { echo "bench-broker.sh: there is no $native; eng/publish-native.sh makes it" >&2; exit 2; }
      program=("$native")
      ;;
    *) echo "bench-broker.sh: unknown side '$side'; there are streamflow, native and kafka" >&2; exit 2 ;;
  esac
  "${program[@]}" broker --data "$work/$side" --port "${port[$side]}" >"$work/$side.log" 2>&1 &
  pid[$side]=$!
  until (exec 3<>"/dev/tcp/127.0.0.1/${port[$side]}") 2>/dev/null; do
    kill -0 "${pid[$side]}" 2>/dev/null || { cat "$work/$side.log" >&2; exit 1; }
    sleep 0.01
  done
}

stop() {
  if [[ $1 == kafka ]]; then "$kafka" stop "$work/kafka" || true; return 0; fi
  kill "${pid[$1]}" 2>/dev/null || true
  wait "${pid[$1]}" 2>/dev/null || true
}

finish() {
  local side
  for side in "${!pid[@]}"; do stop "$side" || true; done
  rm -rf "$work"
}

main "$@"
