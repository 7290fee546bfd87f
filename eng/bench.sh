#!/usr/bin/env bash
# Measures StreamFlow: beside Kafka Streams on one Apache Kafka, beside a bare client loop, and the broker's start.
#
#   eng/bench.sh [--parts "peer bare start"] [--workloads "passthrough ordercount ordercount-nocache"] [--reps 1]
#                [--raw 2000000] [--orders 1000000] [--sides "streamflow jvm"] [--name NAME]
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

parts='peer bare start'
workloads='passthrough ordercount ordercount-nocache'
sides='streamflow jvm'
reps=1
raw=2000000
orders=1000000
name=$(date -u +%Y-%m-%dT%H%M%S)
peer_options=''
work=''

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
      start) "$app" BrokerStart --append "$file" ;;
      *) echo "bench.sh: unknown part '$part'; there are peer, bare and start" >&2; exit 2 ;;
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
      --reps) reps=$2 ;;
      --raw) raw=$2 ;;
      --orders) orders=$2 ;;
      --name) name=$2 ;;
      --peer-options) peer_options=$2 ;;
      -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
      *) echo "bench.sh: unknown option '$1'; see eng/bench.sh --help" >&2; exit 2 ;;
    esac
    shift 2
  done
}

finish() {
  [[ -n $work ]] || return 0
  [[ ! -f $work/broker/pid ]] || "$kafka" stop "$work/broker" || true
  rm -rf "$work"
}

# Says why the comparison is not possible here, or nothing.
missing() {
  if ! command -v java >/dev/null; then echo 'there is no java on the PATH'; return; fi
  if [[ ! -x $kafka ]]; then echo "there is no Apache Kafka at $kafka (set KAFKA_HOME)"; return; fi
  if [[ ! -x $jvm/run.sh ]]; then echo "there is no Kafka Streams peer at $jvm (set STREAMFLOW_JVM_BENCH)"; fi
}

# Values without objects (raw) show the engine's own cost and allocations, bytes what most programs pay.
run_bare() {
  "$app" Bare --serde bytes --repetitions $((reps < 3 ? 3 : reps)) --append "$file"
  "$app" Bare --serde raw --repetitions $((reps < 3 ? 3 : reps)) --append "$file"
}

peer() {
  local reason
  reason=$(missing)
  if [[ -n $reason ]]; then echo "bench.sh: peer skipped: $reason" >&2; return; fi
  export KAFKA_HOME=${kafka%/bin/kafka} BUILD=$out/jvm-classes
  [[ -d $BUILD ]] || "$jvm/build.sh"
  local port pid
  port=$(free_port)
  broker=127.0.0.1:$port
  # The data's event time is past: no new segment, and no deletion, because of that. The controller is patient: a busy
  # machine that delays a heartbeat must not take the partitions' leader away.
  "$kafka" start "$work/broker" "$port" log.roll.ms=315360000000 broker.session.timeout.ms=18000
  pid=$(<"$work/broker/pid")
  in_jvm Load --bootstrap "$broker" --partitions $partitions --seed $seed --spec "$(specification)"
  local rep workload side
  for ((rep = 1; rep <= reps; rep++)); do
    for workload in $workloads; do
      for side in $sides; do
        local arguments=(--bootstrap "$broker" --broker-pid "$pid" --seed $seed --threads 1 --append "$file"
          --workload "${workload%-nocache}")
        [[ $workload != *-nocache ]] || arguments+=(--cache 0)
        # shellcheck disable=SC2086 # several options in one variable
        case $side in
          streamflow) "$app" Peer "${arguments[@]}" --state "$work" $peer_options ;;
          jvm) in_jvm Bench "${arguments[@]}" ;;
          *) echo "bench.sh: unknown side '$side'; there are streamflow and jvm" >&2; exit 2 ;;
        esac || echo "bench.sh: FAILED: $side $workload" >&2
      done
    done
  done
}

specification() {
  local specs=()
  [[ " $workloads " != *" passthrough "* ]] || specs+=("raw100=raw100:$raw")
  [[ $workloads != *ordercount* ]] || specs+=("orders=orders:$orders")
  local IFS=,
  echo "${specs[*]}"
}

in_jvm() { JVM_OPTS="${JVM_OPTS:-} -Djava.io.tmpdir=$work" "$jvm/run.sh" "$@"; }

free_port() {
  local port
  for ((port = 19500; port < 19900; port++)); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  echo 'bench.sh: no free port between 19500 and 19899' >&2
  exit 1
}

main "$@"
