"""What python-confluent (librdkafka) does with a broker: a line 'feature TAB result' for each. See ClientTable.cs."""
import json
import os
import sys
import time

import confluent_kafka
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

SETTINGS = json.load(open(os.environ["CLIENT_SETTINGS"]))
PREFIX = sys.argv[1]
DEADLINE = 60
PLAIN = {"bootstrap.servers": SETTINGS["plain"]}
SSL = {"security.protocol": "SSL", "ssl.ca.location": SETTINGS["ca"]}


def consumer(group, common=PLAIN, **more):
    return Consumer({**common, "group.id": PREFIX + group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                     **{k.replace("_", "."): v for k, v in more.items()}})


def topic(name, partitions=1):
    admin = AdminClient(PLAIN)
    admin.create_topics([NewTopic(PREFIX + name, partitions, 1)])[PREFIX + name].result(DEADLINE)
    return PREFIX + name


def produce(name, count=100, common=PLAIN, start=0, **more):
    p = Producer({**common, "linger.ms": 5, **{k.replace("_", "."): v for k, v in more.items()}})
    failed = []
    for i in range(start, start + count):
        p.produce(name, key=str(i), value="v%d" % i * (1 + i % 20), timestamp=1000 * (i + 1), headers=[("h", b"\xff"), ("n", None)],
                  on_delivery=lambda error, m: failed.append(error) if error else None)
    assert p.flush(DEADLINE) == 0 and not failed, failed
    return p


def read(c, count):
    found, end = [], time.time() + DEADLINE
    while len(found) < count and time.time() < end:
        m = c.poll(0.2)
        if m is not None and m.error() is None:
            found.append(m)
        elif m is not None and m.error().code() != KafkaError._PARTITION_EOF:
            raise KafkaException(m.error())
    assert len(found) == count, "%d of %d messages" % (len(found), count)
    return found


def codec(name):
    t = topic("codec-" + name)
    produce(t, 500, compression_type=name)
    c = consumer(t, check_crcs=True)
    c.subscribe([t])
    for i, m in enumerate(read(c, 500)):
        assert (m.key(), m.value()) == (str(i).encode(), ("v%d" % i * (1 + i % 20)).encode())
    c.close()


def headers():
    t = topic("headers")
    p = produce(t, 1)
    p.produce(t, key=None, value=None)
    p.produce(t, key=b"", value=b"")
    p.flush(DEADLINE)
    c = consumer(t)
    c.assign([TopicPartition(t, 0, 0)])
    first, null, empty = read(c, 3)
    assert first.headers() == [("h", b"\xff"), ("n", None)], first.headers()
    assert (null.key(), null.value(), empty.key(), empty.value()) == (None, None, b"", b"")
    c.close()


def until(condition, consumers, what):
    end = time.time() + DEADLINE
    while not condition():
        assert time.time() < end, "did not happen: " + what
        for c in consumers:
            c.poll(0.05)


def group(strategy="cooperative-sticky", **more):
    t = topic("group" + strategy + "".join(more.values()), 4)
    more = {"partition_assignment_strategy": strategy, "session_timeout_ms": 6000, "heartbeat_interval_ms": 300, **more}
    one, two = consumer(t, **more), consumer(t, **more)
    one.subscribe([t])
    until(lambda: len(one.assignment()) == 4, [one], "one owns all")
    two.subscribe([t])
    until(lambda: len(one.assignment()) == len(two.assignment()) == 2, [one, two], "they share")
    two.close()
    until(lambda: len(one.assignment()) == 4, [one], "one owns all again")
    one.close()


def static():
    t = topic("static", 2)
    c = consumer(t, group_instance_id="i1")
    c.subscribe([t])
    until(lambda: len(c.assignment()) == 2, [c], "it owns all")
    c.close()
    c = consumer(t, group_instance_id="i1")
    c.subscribe([t])
    until(lambda: len(c.assignment()) == 2, [c], "it owns all again")
    c.close()


def commits():
    t = topic("commits")
    produce(t)
    c = consumer(t)
    c.subscribe([t])
    read(c, 10)
    c.commit(offsets=[TopicPartition(t, 0, 10)], asynchronous=False)
    assert c.committed([TopicPartition(t, 0)])[0].offset == 10
    c.close()
    c = consumer(t)
    c.subscribe([t])
    assert read(c, 1)[0].offset() == 10
    c.seek(TopicPartition(t, 0, 50))
    assert read(c, 1)[0].offset() == 50
    c.close()


def times():
    t = topic("times")
    produce(t)
    c = consumer(t)
    found = c.offsets_for_times([TopicPartition(t, 0, 50_500)], DEADLINE)
    assert found[0].offset == 50, found
    assert c.get_watermark_offsets(TopicPartition(t, 0), DEADLINE) == (0, 100)
    c.close()


def transactions(offsets=False):
    t, inputs = topic("txn%d" % offsets), topic("txn-in%d" % offsets)
    produce(inputs, 5)
    p = Producer({**PLAIN, "transactional.id": PREFIX + "tx%d" % offsets})
    p.init_transactions(DEADLINE)
    c = consumer(t + "-in")
    c.subscribe([inputs])
    read(c, 5)
    for name, commit in (("a", False), ("b", True), ("c", False), ("d", True)):
        p.begin_transaction()
        p.produce(t, value=name)
        if offsets:
            p.send_offsets_to_transaction([TopicPartition(inputs, 0, ord(name) - ord("a") + 1)], c.consumer_group_metadata(), DEADLINE)
        p.flush(DEADLINE)
        p.commit_transaction(DEADLINE) if commit else p.abort_transaction(DEADLINE)
    if offsets:
        assert c.committed([TopicPartition(inputs, 0)], DEADLINE)[0].offset == 4
    r = consumer(t, isolation_level="read_committed")
    r.subscribe([t])
    assert [m.value() for m in read(r, 2)] == [b"b", b"d"]
    r.close()
    c.close()


def admin_topics():
    admin, t = AdminClient(PLAIN), topic("admin")
    admin.create_partitions([NewPartitions(t, 3)])[t].result(DEADLINE)
    assert len(admin.list_topics(t).topics[t].partitions) == 3
    admin.delete_topics([t])[t].result(DEADLINE)
    assert t not in admin.list_topics().topics


def admin_configs():
    admin, t = AdminClient(PLAIN), topic("configs")
    resource = ConfigResource("topic", t, set_config={"retention.ms": "12345"})
    admin.alter_configs([resource])[resource].result(DEADLINE)
    found = admin.describe_configs([ConfigResource("topic", t)])
    assert list(found.values())[0].result(DEADLINE)["retention.ms"].value == "12345"


def round_trip(server, **more):
    common = {"bootstrap.servers": SETTINGS[server], **more}
    t = PREFIX + "secured-" + more.get("sasl.mechanism", server)
    produce(t, 20, common)
    c = consumer(t, common)
    c.subscribe([t])
    read(c, 20)
    return c


def sasl(mechanism):
    round_trip("sasl", **{**SSL, "security.protocol": "SASL_SSL", "sasl.mechanism": mechanism, "sasl.username": "alice",
                          "sasl.password": "wonderland"}).close()


def token(server="sasl", seconds=0):
    lifetime = SETTINGS["reauthentication_ms"] / 1000 if seconds else 3000
    common = {**SSL, "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER",
              "oauth_cb": lambda _: (SETTINGS["token"], time.time() + lifetime)}
    c = round_trip(server, **common)
    end = time.time() + seconds
    while time.time() < end:
        m = c.poll(0.2)
        assert m is None or m.error() is None, m.error()
    produce(PREFIX + "secured-OAUTHBEARER", 5, {"bootstrap.servers": SETTINGS[server], **common})
    read(c, 5)
    c.close()


NO_RENEWAL = "librdkafka %s renews on new connections only" % confluent_kafka.libversion()[0]
FEATURES = {
    "produce and consume, not compressed": lambda: codec("none"),
    "gzip": lambda: codec("gzip"),
    "snappy": lambda: codec("snappy"),
    "lz4": lambda: codec("lz4"),
    "zstd": lambda: codec("zstd"),
    "keys and headers, empty and null": headers,
    "group: join, rebalance, leave": group,
    "group of the consumer protocol": "librdkafka %s does not have it" % confluent_kafka.libversion()[0],
    "static member": static,
    "commit, committed, seek": commits,
    "offsets by time": times,
    "idempotent producer": lambda: produce(topic("idempotent"), 500, enable_idempotence=True),
    "transactions: commit, abort": transactions,
    "offsets in a transaction": lambda: transactions(True),
    "admin: topics": admin_topics,
    "admin: configs": admin_configs,
    "admin: groups": "no call for it",
    "admin: rules": "no call for it",
    "admin: users": "no call for it",
    "TLS": lambda: round_trip("ssl", **SSL).close(),
    "TLS with a client's certificate": lambda: round_trip("mtls", **SSL, **{
        "ssl.certificate.location": SETTINGS["client"], "ssl.key.location": SETTINGS["client"]}).close(),
    "SASL PLAIN": lambda: sasl("PLAIN"),
    "SCRAM-SHA-256": lambda: sasl("SCRAM-SHA-256"),
    "SCRAM-SHA-512": lambda: sasl("SCRAM-SHA-512"),
    "OAUTHBEARER, signed token": token,
    "re-authentication": NO_RENEWAL if confluent_kafka.libversion()[1] < 0x02050000 else lambda: token("renewed", 5),
}

for name, run in FEATURES.items():
    if isinstance(run, str):
        print("%s\t- %s" % (name, run), flush=True)
        continue
    try:
        run()
        print("%s\tok" % name, flush=True)
    except BaseException as e:
        print("%s\tFAILED %r" % (name, e), flush=True)
