#!/usr/bin/env bash
# What kcat does with a broker: a line 'feature TAB result' for each. See ClientTable.cs.
set -uo pipefail
prefix=$1
setting() { python3 -c 'import json,os,sys; print(json.load(open(os.environ["CLIENT_SETTINGS"]))[sys.argv[1]])' "$1"; }
plain=$(setting plain) ssl=$(setting ssl) mtls=$(setting mtls) sasl=$(setting sasl) ca=$(setting ca) client=$(setting client)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for ((i = 1; i <= 500; i++)); do echo "k$i:value $i"; done >"$work/in"

# same NAME ARGUMENT...: what is produced is what is consumed.
same() {
  local name=$prefix$1
  shift
  kcat "$@" -P -t "$name" -p 0 -K : <"$work/in" && kcat "$@" -C -t "$name" -o beginning -e -q -K : >"$work/out" && cmp "$work/in" "$work/out"
}

headers() {
  kcat -b "$plain" -P -t "${prefix}headers" -H a=1 -H b= -Z -K : <<<'key:' &&
    kcat -b "$plain" -C -t "${prefix}headers" -o beginning -e -q -f '%k|%S|%h' >"$work/out" && grep -qx 'key|-1|a=1,b=' "$work/out"
}

group() {
  same group -b "$plain" &&
    kcat -b "$plain" -G "${prefix}g" -c 500 -q -K : -X auto.offset.reset=earliest "${prefix}group" >"$work/out" && cmp "$work/in" "$work/out" &&
    kcat -b "$plain" -P -t "${prefix}group" -p 0 <<<'one more' && kcat -b "$plain" -G "${prefix}g" -c 1 -q "${prefix}group" | grep -q 'one more'
}

static() {
  same static -b "$plain" && kcat -b "$plain" -G "${prefix}s" -c 500 -q -X group.instance.id=i1 -X auto.offset.reset=earliest \
    "${prefix}static" >/dev/null
}

times() { same times -b "$plain" && [[ $(kcat -b "$plain" -Q -t "${prefix}times:0:1") == *"offset 0"* ]]; }

transactions() {
  kcat -b "$plain" -P -t "${prefix}txn" -p 0 -X transactional.id="${prefix}x" <"$work/in" 2>"$work/errors" &&
    kcat -b "$plain" -C -t "${prefix}txn" -o beginning -e -q -X isolation.level=read_committed >"$work/out" && cmp "$work/in" "$work/out"
}

tls=(-X security.protocol=SSL -X ssl.ca.location="$ca")
by() { same "by-$1" -b "$sasl" "${tls[@]}" -X security.protocol=SASL_SSL -X sasl.mechanism="$1" -X sasl.username=alice -X sasl.password=wonderland; }

try() {
  local name=$1
  shift
  if "$@" 2>"$work/said" >&2; then printf '%s\tok\n' "$name"; else printf '%s\tFAILED %s\n' "$name" "$(tail -n 1 "$work/said" | tr '\t|' '  ')"; fi
}

try 'produce and consume, not compressed' same none -b "$plain"
for codec in gzip snappy lz4 zstd; do try "$codec" same "$codec" -b "$plain" -z "$codec"; done
try 'keys and headers, empty and null' headers
try 'group: join, rebalance, leave' group
printf 'group of the consumer protocol\t- its librdkafka does not have it\n'
try 'static member' static
printf 'commit, committed, seek\t- no call for it\n'
try 'offsets by time' times
try 'idempotent producer' same idempotent -b "$plain" -X enable.idempotence=true
try 'transactions: commit, abort' transactions
for name in 'offsets in a transaction' 'admin: topics' 'admin: configs' 'admin: groups' 'admin: rules' 'admin: users'; do
  printf '%s\t- no call for it\n' "$name"
done
try 'TLS' same tls -b "$ssl" "${tls[@]}"
try "TLS with a client's certificate" same mtls -b "$mtls" "${tls[@]}" -X ssl.certificate.location="$client" -X ssl.key.location="$client"
try 'SASL PLAIN' by PLAIN
try 'SCRAM-SHA-256' by SCRAM-SHA-256
try 'SCRAM-SHA-512' by SCRAM-SHA-512
printf 'OAUTHBEARER, signed token\t- it makes unsigned tokens only\n'
printf 're-authentication\t- it does not have it\n'
