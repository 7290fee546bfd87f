#!/usr/bin/env bash
# Measures StreamFlow: beside Kafka Streams on one Apache Kafka, beside a bare client loop, and the broker's start;
# each operator alone; RocksDB by our binding and by the package's, restoring state, starting again after a crash, what
# exactly-once costs, latency, how many records of a backlog come late, and what open pages cost. Only when asked for: 10,000
# partitions and 1,000 connections that do nothing (scale), what a lock costs (locks), how long idle threads look for work (spin),
# what records cost the broker where it opens them: codecs, messages, 10 million records compacted (records).
#
#   eng/bench.sh [--parts "peer bare start operators rocksdb restore crash guarantee latency backlog metrics page scale locks spin records"] [--reps 1]
#                [--name NAME]
#                [--workloads "passthrough ordercount ordercount-nocache join streamjoin session"] [--raw 2000000] [--orders 1000000]
#                [--sides "streamflow jvm"] [--brokers "kafka embedded"]
#                [--latency-seconds 30] [--restore-records 2000000] [--state-mb 1024] [--crash-points "processing,after-commit,..."]
#                [--peer-options "..."]      more options for StreamFlow's side, e.g. '--producer linger.ms=100'
#
# Results go to artifacts/bench/NAME.jsonl (default: date and time), the table to the terminal and NAME.md.
# Kafka and the Kafka Streams peer are looked for in ../shared (KAFKA_HOME, STREAMFLOW_JVM_BENCH name other places);
# without them, or without Java, that part is left out with the reason. Both sides run by turns, on the same topics.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root out=$root/artifacts/bench
readonly app=$root/tests/StreamFlow.Benchmarks/bin/Release/net10.0/StreamFlow.Benchmarks
readonly kafka=${KAFKA_HOME:-$root/../shared/kafka}/bin/kafka
readonly jvm=${STREAMFLOW_JVM_BENCH:-$root/../shared/bench}
readonly seed=1 partitions=4

parts='peer bare start operators rocksdb restore crash guarantee latency backlog metrics page'
workloads='passthrough ordercount ordercount-nocache join streamjoin session'
sides='streamflow jvm'
brokers='kafka embedded'
restore_records=2000000
state_mb=1024
latency_seconds=30
crash_points=''
reps=1
raw=2000000
orders=1000000
name=$(date -u +%Y-%m-%dT%H%M%S)
peer_options=''
work=''
broker='' broker_pid='' broker_name=''
embedded_pid=''

main() {
  parse_arguments "$@"
  mkdir -p "$out"
  file=$out/$name.jsonl
  "$root/eng/bootstrap.sh"
  dotnet build "$root/tests/StreamFlow.Benchmarks" -c Release -v q --nologo -nodeReuse:false >"$out/build.log" 2>&1 ||
    { tail -n 20 "$out/build.log" >&2; exit 1; }
  trap finish EXIT
  work=$(mktemp -d)
  local part
  for part in $parts; do
    case $part in
      peer) peer ;;
      bare) run_bare ;;
      backlog) run_backlog ;;
      start) "$app" BrokerStart --append "$file" ;;
      operators) "$app" Operators --append "$file" ;;
      metrics) "$app" Metrics --append "$file" ;;
      page) "$app" Page --append "$file" ;;
      scale) run_scale ;;
      locks) "$app" Locks --append "$file" ;;
      spin) "$app" Spin --state "$work" --append "$file" ;;
      records) "$app" Records --state "$work" --append "$file" ;;
      rocksdb) "$app" Binding --repetitions $((reps < 3 ? 3 : reps)) --state "$work" --append "$file" ;;
      restore | crash | guarantee | latency) on_each_broker "$part" ;;
      *) echo "bench.sh: unknown part '$part'; there are peer, bare, start, operators, rocksdb, restore, crash, guarantee, latency, backlog, metrics, page, scale, locks, spin and records" >&2; exit 2 ;;
    esac
  done
  [[ ! -f $file ]] || "$app" Report --in "$file" | tee "$out/$name.md"
}

parse_arguments() {
  while (($#)); do
    case $1 in
      --parts) parts=$2 ;;
      --workloads) workloads=$2 ;;
      --sides) sides=$2 ;;
      --brokers) brokers=$2 ;;
      --restore-records) restore_records=$2 ;;
      --state-mb) state_mb=$2 ;;
      --latency-seconds) latency_seconds=$2 ;;
      --crash-points) crash_points=$2 ;;
      --reps) reps=$2 ;;
      --raw) raw=$2 ;;
      --orders) orders=$2 ;;
      --name) name=$2 ;;
      --peer-options) peer_options=$2 ;;
      -h | --help) sed -n '2,19s/^# \{0,1\}//p' "$0"; exit 0 ;;
      *) echo "bench.sh: unknown option '$1'; see eng/bench.sh --help" >&2; exit 2 ;;
    esac
    shift 2
  done
}

finish() {
  [[ -n $work ]] || return 0
  stop_brokers
  rm -rf "$work"
}

# Says why the comparison is not possible here, or nothing.
missing() {
  if ! command -v java >/dev/null; then echo 'there is no java on the PATH'; return; fi
  if [[ ! -x $kafka ]]; then echo "there is no Apache Kafka at $kafka (set KAFKA_HOME)"; return; fi
  if [[ ! -x $jvm/run.sh ]]; then echo "there is no Kafka Streams peer at $jvm (set STREAMFLOW_JVM_BENCH)"; fi
}

# Values without objects (raw) show the engine's own cost and allocations, bytes what most programs pay, a join with an
# empty table what an idle input adds.
run_bare() {
  "$app" Bare --serde bytes --repetitions $((reps < 3 ? 3 : reps)) --append "$file"
  "$app" Bare --serde raw --repetitions $((reps < 3 ? 3 : reps)) --append "$file"
  "$app" Bare --serde raw --topology idle-table --repetitions $((reps < 3 ? 3 : reps)) --append "$file"
}

# Apache Kafka's broker is enough here.
run_scale() {
  "$app" Scale --state "$work" --append "$file"
  if ! command -v java >/dev/null || [[ ! -x $kafka ]]; then
    echo 'bench.sh: scale of Apache Kafka left out: there is no java on the PATH, or no Apache Kafka (set KAFKA_HOME)' >&2
    return
  fi
  start_kafka
  "$app" Scale --bootstrap "$broker" --broker-pid "$broker_pid" --broker "$broker_name" --append "$file" || failed scale
  stop_brokers
}

# The peer of this part is one class in the repository; it needs Kafka's jars alone.
run_backlog() {
  local options=()
  if command -v javac >/dev/null && [[ -x $kafka ]]; then
    local classpath
    classpath=$("$kafka" classpath)
    javac -nowarn -d "$work" -cp "$classpath" "$root/tests/StreamFlow.Benchmarks/Backlog/BacklogPeer.java"
    options=(--peer "$work:$classpath")
  else
    echo 'bench.sh: Kafka Streams left out of backlog: there is no javac on the PATH, or no Apache Kafka (set KAFKA_HOME)' >&2
  fi
  "$app" Backlog --repetitions $((reps < 3 ? 3 : reps)) "${options[@]}" --append "$file"
}

peer() {
  local reason
  reason=$(missing)
  if [[ -n $reason ]]; then echo "bench.sh: peer skipped: $reason" >&2; return; fi
  start_kafka
  load_peer
  local rep workload side
  for ((rep = 1; rep <= reps; rep++)); do
    for workload in $workloads; do
      for side in $sides; do
        local arguments=(--bootstrap "$broker" --broker-pid "$broker_pid" --seed $seed --threads 1 --append "$file"
          --workload "${workload%-nocache}")
        [[ $workload != *-nocache ]] || arguments+=(--cache 0)
        # shellcheck disable=SC2086 # several options in one variable
        case $side in
          streamflow) "$app" Peer "${arguments[@]}" --state "$work" $peer_options ;;
          jvm) in_jvm Bench "${arguments[@]}" $(jvm_inputs "$workload") ;;
          *) echo "bench.sh: unknown side '$side'; there are streamflow and jvm" >&2; exit 2 ;;
        esac || echo "bench.sh: FAILED: $side $workload" >&2
      done
    done
  done
  stop_brokers
}

# Where Kafka Streams' side finds what StreamFlow's side reads by default.
jvm_inputs() {
  case $1 in
    streamjoin) echo --in orders-s --in2 payments-s ;;
    session) echo --in orders-s ;;
  esac
}

# Runs a part on each broker, freshly started. Without Apache Kafka the embedded broker is left.
on_each_broker() {
  local kind reason
  for kind in $brokers; do
    case $kind in
      kafka)
        reason=$(missing)
        if [[ -n $reason ]]; then echo "bench.sh: $1 on Apache Kafka skipped: $reason" >&2; continue; fi
        start_kafka ;;
      embedded) start_embedded ;;
      *) echo "bench.sh: unknown broker '$kind'; there are kafka and embedded" >&2; exit 2 ;;
    esac
    "run_$1" "$kind"
    stop_brokers
  done
}

# The changelog is written once per store; both sides start without local state at each turn.
run_restore() {
  local store turn
  for store in kv window; do
    local ours=(Restore --bootstrap "$broker" --broker "$broker_name" --mode "$store" --records "$restore_records"
      --app "bench-restore-$store" --keep --state "$work")
    "$app" "${ours[@]}" --load-only
    for ((turn = 0; turn < (reps < 3 ? 3 : reps); turn++)); do
      "$app" "${ours[@]}" --append "$file" || failed "restore $store"
      if compared "$1"; then
        in_jvm Restore --bootstrap "$broker" --mode "$store" --records "$restore_records" --append "$file" ||
          failed "Kafka Streams restore $store"
      fi
    done
    if [[ $1 == kafka ]]; then "$app" "${ours[@]}" --memory --append "$file" || failed "restore $store in memory"; fi
  done
}

run_crash() {
  local points=()
  [[ -z $crash_points ]] || points=(--points "$crash_points")
  "$app" Crash --bootstrap "$broker" --broker "$broker_name" --mb "$state_mb" "${points[@]}" --state "$work" --append "$file" ||
    failed crash
  if compared "$1"; then
    in_jvm Restore --mode crash --bootstrap "$broker" --mb "$state_mb" --guarantee exactly_once_v2 --instance one \
      --append "$file" || failed 'Kafka Streams crash'
  fi
}

run_guarantee() {
  "$app" CommitCost --bootstrap "$broker" --broker "$broker_name" --state "$work" --append "$file" || failed 'commit cost'
  if ! command -v java >/dev/null || [[ ! -x $jvm/run.sh ]]; then
    echo 'bench.sh: guarantee skipped: its input comes from the Kafka Streams peer' >&2; return
  fi
  in_jvm Load --bootstrap "$broker" --partitions $partitions --seed $seed --spec "orders=orders:$orders"
  local turn settings
  for ((turn = 0; turn < (reps < 2 ? 2 : reps); turn++)); do
    for settings in 'at_least_once --commit 100' 'exactly_once_v2 --commit 100' 'at_least_once'; do
      # shellcheck disable=SC2206 # a guarantee and its interval
      local arguments=(--workload ordercount --bootstrap "$broker" --broker-pid "$broker_pid" --seed $seed --threads 1
        --note guarantee --append "$file" --guarantee $settings)
      # shellcheck disable=SC2086 # several options in one variable
      "$app" Peer "${arguments[@]}" --broker "$broker_name" --state "$work" $peer_options || failed "$settings"
      if compared "$1"; then in_jvm Bench "${arguments[@]}" || failed "Kafka Streams $settings"; fi
    done
  done
}

# The clients alone are the baseline of both sides; then each workload and guarantee by turns.
run_latency() {
  local workload guarantee turn arguments
  for ((turn = 0; turn < reps; turn++)); do
    for workload in none passthrough ordercount; do
      for guarantee in at_least_once exactly_once_v2; do
        [[ $workload != none || $guarantee == at_least_once ]] || continue
        arguments=(--workload "$workload" --bootstrap "$broker" --rate 1000 --seconds "$latency_seconds" --append "$file")
        [[ $workload == none ]] || arguments+=(--guarantee "$guarantee" --commit 100)
        # shellcheck disable=SC2086 # several options in one variable
        "$app" Latency "${arguments[@]}" --broker "$broker_name" --state "$work" $peer_options || failed "latency $workload"
        if compared "$1"; then
          [[ $workload != ordercount ]] || arguments+=(--cache 0)
          HEAP=512m in_jvm Latency "${arguments[@]}" --broker-pid "$broker_pid" || failed "Kafka Streams latency $workload"
          [[ $workload == none ]] || HEAP=512m in_jvm Latency "${arguments[@]}" --linger 0 --broker-pid "$broker_pid" ||
            failed "Kafka Streams latency $workload"
        fi
      done
    done
  done
}

# Whether Kafka Streams takes part: it is measured on its own broker only.
compared() { [[ $1 == kafka && " $sides " == *' jvm '* ]]; }

failed() { echo "bench.sh: FAILED: $1 on $broker_name" >&2; }

start_kafka() {
  local port
  port=$(free_port)
  broker=127.0.0.1:$port broker_name='Apache Kafka'
  # The data's event time is past: no new segment, and no deletion, because of that. The controller is patient: a busy
  # machine that delays a heartbeat must not take the partitions' leader away.
  "$kafka" start "$work/broker" "$port" log.roll.ms=315360000000 broker.session.timeout.ms=18000
  broker_pid=$(<"$work/broker/pid")
}

start_embedded() {
  local port
  port=$(free_port)
  broker=127.0.0.1:$port broker_name='StreamFlow broker'
  dotnet exec "$root/tests/StreamFlow.Broker.Host/bin/Release/net10.0/StreamFlow.Broker.Host.dll" --data "$work/embedded" --port "$port" --no-auto-create >"$work/embedded.log" 2>&1 &
  embedded_pid=$!
  broker_pid=$embedded_pid
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "$embedded_pid" 2>/dev/null || { cat "$work/embedded.log" >&2; exit 1; }
    sleep 0.1
  done
}

stop_brokers() {
  [[ ! -f $work/broker/pid ]] || "$kafka" stop "$work/broker" || true
  if [[ -n $embedded_pid ]]; then
    kill "$embedded_pid" 2>/dev/null || true
    wait "$embedded_pid" 2>/dev/null || true
    embedded_pid=''
  fi
  rm -rf "$work/broker" "$work/embedded"
}

# Joins of streams and sessions read orders whose time steps 3 ms, so that the data spans windows and sessions.
load_peer() {
  local specs=() slow=()
  if wants passthrough; then specs+=("raw100=raw100:$raw"); fi
  if wants ordercount || wants ordercount-nocache || wants join; then specs+=("orders=orders:$orders"); fi
  if wants join; then specs+=("customers=customers:10000"); fi
  if wants streamjoin || wants session; then slow+=("orders-s=orders:$orders"); fi
  if wants streamjoin; then slow+=("payments-s=payments:$orders"); fi
  local load=(in_jvm Load --bootstrap "$broker" --partitions $partitions --seed $seed)
  ((${#specs[@]} == 0)) || "${load[@]}" --spec "$(IFS=,; echo "${specs[*]}")"
  ((${#slow[@]} == 0)) || "${load[@]}" --step-ms 3 --spec "$(IFS=,; echo "${slow[*]}")"
}

wants() { [[ " $workloads " == *" $1 "* ]]; }

in_jvm() {
  export KAFKA_HOME=${kafka%/bin/kafka} BUILD=$out/jvm-classes
  [[ -d $BUILD ]] || "$jvm/build.sh"
  JVM_OPTS="${JVM_OPTS:-} -Djava.io.tmpdir=$work" "$jvm/run.sh" "$@"
}

free_port() {
  local port
  for ((port = 19500; port < 19900; port++)); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  echo 'bench.sh: no free port between 19500 and 19899' >&2
  exit 1
}

main "$@"
