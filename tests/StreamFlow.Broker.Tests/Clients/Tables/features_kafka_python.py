"""What kafka-python does with a broker: a line 'feature TAB result' for each. See ClientTable.cs."""
import json
import os
import sys
import threading
import time

import kafka
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic

SETTINGS = json.load(open(os.environ["CLIENT_SETTINGS"]))
PREFIX = sys.argv[1]
DEADLINE = 60
PLAIN = {"bootstrap_servers": SETTINGS["plain"]}
NEW = int(kafka.__version__.split(".")[0]) > 2
if NEW or hasattr(kafka, "sasl"):
    try:
        from kafka.sasl.oauth import AbstractTokenProvider
    except ImportError:
        from kafka.oauth import AbstractTokenProvider
else:
    from kafka.oauth.abstract import AbstractTokenProvider


class Token(AbstractTokenProvider):
    def __init__(self, **_):
        pass

    def token(self):
        return SETTINGS["token"]


def topic(name, partitions=1):
    admin = KafkaAdminClient(**PLAIN)
    admin.create_topics([NewTopic(PREFIX + name, partitions, 1)])
    admin.close()
    return PREFIX + name


def produce(name, count=100, common=PLAIN, **more):
    p = KafkaProducer(**common, linger_ms=5, acks="all", **more)
    futures = [p.send(name, key=b"%d" % i, value=b"v%d" % i * (1 + i % 20), timestamp_ms=1000 * (i + 1),
                      headers=[("h", b"\xff")]) for i in range(count)]
    p.flush(DEADLINE)
    assert [f.get(DEADLINE).offset for f in futures] == list(range(count))
    p.close()


def consumer(group, common=PLAIN, **more):
    return KafkaConsumer(**common, group_id=PREFIX + group, auto_offset_reset="earliest", enable_auto_commit=False, **more)


def read(c, count):
    found, end = [], time.time() + DEADLINE
    while len(found) < count and time.time() < end:
        for batch in c.poll(timeout_ms=200, max_records=count - len(found)).values():
            found.extend(batch)
    assert len(found) == count, "%d of %d messages" % (len(found), count)
    return found


def codec(name):
    t = topic("codec-" + str(name))
    produce(t, 500, compression_type=name)
    c = consumer(t)
    c.subscribe([t])
    for i, m in enumerate(read(c, 500)):
        assert (m.key, m.value) == (b"%d" % i, b"v%d" % i * (1 + i % 20))
    c.close()


def headers():
    t = topic("headers")
    produce(t, 1)
    p = KafkaProducer(**PLAIN)
    p.send(t, key=b"k", value=None).get(DEADLINE)
    p.send(t, key=b"", value=b"").get(DEADLINE)
    p.close()
    c = consumer(t)
    c.assign([TopicPartition(t, 0)])
    first, null, empty = read(c, 3)
    assert list(first.headers) == [("h", b"\xff")], first.headers
    assert (null.key, null.value, empty.key, empty.value) == (b"k", None, b"", b"")
    c.close()


def until(condition, what):
    end = time.time() + DEADLINE
    while not condition():
        assert time.time() < end, "did not happen: " + what
        time.sleep(0.05)


class Member(threading.Thread):
    """A consumer with a thread of its own: a rebalance blocks inside poll until the others rejoin."""

    def __init__(self, t, **more):
        super().__init__(daemon=True)
        self.consumer, self.owned, self.stop = consumer(t, session_timeout_ms=6000, heartbeat_interval_ms=300, **more), set(), False
        self.consumer.subscribe([t])
        self.start()

    def run(self):
        while not self.stop:
            self.consumer.poll(timeout_ms=100)
            self.owned = set(self.consumer.assignment())
        self.consumer.close()

    def leave(self):
        self.stop = True
        self.join(DEADLINE)


def group(**more):
    t = topic("group" + "".join(more.values()), 4)
    one = Member(t, **more)
    until(lambda: len(one.owned) == 4, "one owns all")
    two = Member(t, **more)
    until(lambda: len(one.owned) == len(two.owned) == 2, "they share")
    two.leave()
    until(lambda: len(one.owned) == 4, "one owns all again")
    one.leave()


def static():
    t = topic("static", 2)
    for _ in range(2):
        m = Member(t, group_instance_id="i1")
        until(lambda: len(m.owned) == 2, "it owns all")
        m.leave()


def commits():
    t = topic("commits")
    produce(t)
    c = consumer(t)
    c.subscribe([t])
    read(c, 10)
    c.commit()
    assert c.committed(TopicPartition(t, 0)) == 10
    c.close()
    c = consumer(t)
    c.subscribe([t])
    assert read(c, 1)[0].offset == 10
    c.seek(TopicPartition(t, 0), 50)
    assert read(c, 1)[0].offset == 50
    c.close()


def times():
    t = topic("times")
    produce(t)
    c = consumer(t)
    p = TopicPartition(t, 0)
    assert c.offsets_for_times({p: 50_500})[p].offset == 50
    assert (c.beginning_offsets([p])[p], c.end_offsets([p])[p]) == (0, 100)
    c.close()


def transactions(offsets=False):
    t = topic("txn%d" % offsets)
    p = KafkaProducer(**PLAIN, transactional_id=PREFIX + "tx%d" % offsets)
    p.init_transactions()
    for name, commit in ((b"a", False), (b"b", True), (b"c", False), (b"d", True)):
        p.begin_transaction()
        p.send(t, value=name)
        if offsets:
            from kafka.structs import OffsetAndMetadata
            p.send_offsets_to_transaction({TopicPartition(t, 0): OffsetAndMetadata(ord(name) - ord("a") + 1, "", -1)}, t)
        p.commit_transaction() if commit else p.abort_transaction()
    p.close()
    c = consumer(t + "r", isolation_level="read_committed")
    c.subscribe([t])
    assert [m.value for m in read(c, 2)] == [b"b", b"d"]
    c.close()
    if offsets:
        c = KafkaConsumer(**PLAIN, group_id=t)
        assert c.committed(TopicPartition(t, 0)) == 4
        c.close()


def admin_topics():
    admin, t = KafkaAdminClient(**PLAIN), topic("admin")
    admin.create_partitions({t: NewPartitions(3) if not NEW else 3})
    assert len(admin.describe_topics([t])[0]["partitions"]) == 3
    admin.delete_topics([t])
    assert t not in admin.list_topics()


def admin_configs():
    admin, t = KafkaAdminClient(**PLAIN), topic("configs")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, t, configs={"retention.ms": "12345"})])
    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, t)])
    assert "12345" in str(found), found


def admin_groups():
    admin, t = KafkaAdminClient(**PLAIN), topic("admin-groups")
    produce(t, 5)
    c = consumer(t)
    c.subscribe([t])
    read(c, 5)
    c.commit()
    c.close()
    name = PREFIX + t
    if NEW:
        assert name in str(admin.list_groups()) and name in str(admin.describe_groups([name]))
        assert "5" in str(admin.list_group_offsets(name))
        admin.delete_groups([name])
        assert name not in str(admin.list_groups())
    else:
        assert name in [g[0] for g in admin.list_consumer_groups()]
        assert admin.describe_consumer_groups([name])[0].state == "Empty"
        assert admin.list_consumer_group_offsets(name)[TopicPartition(t, 0)].offset == 5
        admin.delete_consumer_groups([name])
        assert name not in [g[0] for g in admin.list_consumer_groups()]


def admin_rules():
    from kafka.admin import ACL, ACLFilter, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType
    admin, t = KafkaAdminClient(**PLAIN), PREFIX + "rules"
    rule = ACL("User:bob", "*", ACLOperation.READ, ACLPermissionType.ALLOW, ResourcePattern(ResourceType.TOPIC, t))
    admin.create_acls([rule])
    wanted = ACLFilter("User:bob", None, ACLOperation.ANY, ACLPermissionType.ANY, ResourcePattern(ResourceType.TOPIC, t))
    assert "bob" in str(admin.describe_acls(wanted))
    admin.delete_acls([wanted])
    assert "bob" not in str(admin.describe_acls(wanted)[0])


def round_trip(server, **more):
    common = {"bootstrap_servers": SETTINGS[server], "ssl_cafile": SETTINGS["ca"], **more}
    t = topic("secured-" + more.get("sasl_mechanism", server))
    produce(t, 20, common)
    c = consumer(t, common)
    c.subscribe([t])
    read(c, 20)
    return t, c, common


def sasl(mechanism):
    round_trip("sasl", security_protocol="SASL_SSL", sasl_mechanism=mechanism, sasl_plain_username="alice",
               sasl_plain_password="wonderland")[1].close()


FEATURES = {
    "produce and consume, not compressed": lambda: codec(None),
    "gzip": lambda: codec("gzip"),
    "snappy": lambda: codec("snappy"),
    "lz4": lambda: codec("lz4"),
    "zstd": lambda: codec("zstd"),
    "keys and headers, empty and null": headers,
    "group: join, rebalance, leave": group,
    "group of the consumer protocol": (lambda: group(group_protocol="consumer")) if "group_protocol" in KafkaConsumer.DEFAULT_CONFIG
    else "it does not have it",
    "static member": static if "group_instance_id" in KafkaConsumer.DEFAULT_CONFIG else "it does not have it",
    "commit, committed, seek": commits,
    "offsets by time": times,
    "idempotent producer": (lambda: produce(topic("idempotent"), 500, enable_idempotence=True))
    if "enable_idempotence" in KafkaProducer.DEFAULT_CONFIG else "it does not have it",
    "transactions: commit, abort": transactions if "transactional_id" in KafkaProducer.DEFAULT_CONFIG else "it does not have it",
    "offsets in a transaction": (lambda: transactions(True)) if "transactional_id" in KafkaProducer.DEFAULT_CONFIG
    else "it does not have it",
    "admin: topics": admin_topics,
    "admin: configs": admin_configs,
    "admin: groups": admin_groups,
    "admin: rules": admin_rules,
    "admin: users": "no call for it",
    "TLS": lambda: round_trip("ssl", security_protocol="SSL")[1].close(),
    "TLS with a client's certificate": lambda: round_trip(
        "mtls", security_protocol="SSL", ssl_certfile=SETTINGS["client"], ssl_keyfile=SETTINGS["client"])[1].close(),
    "SASL PLAIN": lambda: sasl("PLAIN"),
    "SCRAM-SHA-256": lambda: sasl("SCRAM-SHA-256"),
    "SCRAM-SHA-512": lambda: sasl("SCRAM-SHA-512"),
    "OAUTHBEARER, signed token": lambda: round_trip(
        "sasl", security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", sasl_oauth_token_provider=Token())[1].close(),
    "re-authentication": "it does not have it",
}

for name, run in FEATURES.items():
    if isinstance(run, str):
        print("%s\t- %s" % (name, run), flush=True)
        continue
    try:
        run()
        print("%s\tok" % name, flush=True)
    except BaseException as e:
        missing = type(e).__name__ == "UnsupportedCodecError" or "ibraries for" in str(e)
        print("%s\t%s" % (name, "- its module for it is not installed" if missing else "FAILED %r" % e), flush=True)
# Its threads may wait in the network.
os._exit(0)
