"""Exercises a broker with python-confluent (librdkafka). Exits 0 when everything asserted holds."""
import hashlib
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

DEADLINE = 60


def producer(bootstrap, **settings):
    return Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, **settings})


def consumer(bootstrap, group, **settings):
    return Consumer({"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest",
                     "session.timeout.ms": 6000, "check.crcs": True, **settings})


def value(i):
    return (hashlib.sha256(str(i).encode()).hexdigest() * (1 + i % 20)).encode()


def create(bootstrap, topic, partitions=1, config=None):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(topic, partitions, 1, config=config or {})])[topic].result(DEADLINE)
    return admin


def produce_all(p, topic, count, first=0):
    delivered, failed = [], []

    def report(error, message):
        (failed if error else delivered).append(error or message.offset())

    for i in range(first, first + count):
        while True:
            try:
                p.produce(topic, key=str(i), value=value(i), headers=[("n", str(i)), ("empty", b"")],
                          on_delivery=report)
                break
            except BufferError:
                p.poll(0.1)
        p.poll(0)
    assert p.flush(DEADLINE) == 0, "messages were not delivered"
    assert not failed, failed[:3]
    return delivered


def consume_all(c, count):
    messages, end = [], time.time() + DEADLINE
    while len(messages) < count and time.time() < end:
        message = c.poll(0.5)
        if message is None:
            continue
        if message.error():
            if message.error().code() == KafkaError._PARTITION_EOF:
                continue
            raise KafkaException(message.error())
        messages.append(message)
    assert len(messages) == count, "%d of %d messages" % (len(messages), count)
    return messages


def check(messages, first=0):
    for i, m in enumerate(messages, first):
        assert m.key() == str(i).encode(), (i, m.key())
        assert m.value() == value(i), i
        assert m.headers() == [("n", str(i).encode()), ("empty", b"")], m.headers()


def codec(bootstrap, name):
    topic = "confluent-" + name
    create(bootstrap, topic)
    produce_all(producer(bootstrap, **{"compression.type": name}), topic, 5000)
    c = consumer(bootstrap, topic)
    c.subscribe([topic])
    check(consume_all(c, 5000))
    c.close()


def idempotent(bootstrap):
    topic = "confluent-idempotent"
    create(bootstrap, topic)
    offsets = produce_all(producer(bootstrap, **{"enable.idempotence": True}), topic, 20000)
    assert offsets == list(range(20000)), "offsets are not those of the order sent"
    c = consumer(bootstrap, topic)
    c.assign([TopicPartition(topic, 0, 0)])
    check(consume_all(c, 20000))


def wait_for(condition, consumers, what):
    end = time.time() + DEADLINE
    while time.time() < end:
        for c in consumers:
            c.poll(0.05)
        if condition():
            return
    raise AssertionError("did not happen: " + what)


def group(bootstrap, strategy):
    topic = "confluent-group-" + strategy
    create(bootstrap, topic, 4)
    settings = {"partition.assignment.strategy": strategy, "heartbeat.interval.ms": 200}
    first = consumer(bootstrap, topic, **settings)
    second = consumer(bootstrap, topic, **settings)

    def owned(c):
        return {x.partition for x in c.assignment()}

    first.subscribe([topic])
    wait_for(lambda: owned(first) == {0, 1, 2, 3}, [first], "the first consumer owns everything")
    second.subscribe([topic])
    wait_for(lambda: len(owned(first)) == 2 and len(owned(second)) == 2
             and not owned(first) & owned(second), [first, second], "two consumers share the partitions")
    second.close()
    wait_for(lambda: owned(first) == {0, 1, 2, 3}, [first], "the first consumer takes everything back")

    produce_all(producer(bootstrap), topic, 100)
    consume_all(first, 100)
    first.commit(asynchronous=False)
    committed = first.committed([TopicPartition(topic, i) for i in range(4)], timeout=DEADLINE)
    assert sum(max(x.offset, 0) for x in committed) == 100, committed
    first.close()

    produce_all(producer(bootstrap), topic, 10, first=100)
    third = consumer(bootstrap, topic, **settings)
    third.subscribe([topic])
    keys = sorted(int(m.key()) for m in consume_all(third, 10))
    assert keys == list(range(100, 110)), keys
    third.close()


def admin(bootstrap):
    topic = "confluent-admin"
    a = create(bootstrap, topic, 3, {"cleanup.policy": "compact"})
    described = a.list_topics(timeout=DEADLINE).topics
    assert len(described[topic].partitions) == 3, described
    try:
        a.create_topics([NewTopic(topic, 1, 1)])[topic].result(DEADLINE)
        raise AssertionError("a topic was created twice")
    except KafkaException as e:
        assert e.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, e
    try:
        a.create_topics([NewTopic("confluent-replicas", 1, 3)])["confluent-replicas"].result(DEADLINE)
        raise AssertionError("a topic with three replicas was created")
    except KafkaException as e:
        assert e.args[0].code() == KafkaError.INVALID_REPLICATION_FACTOR, e
    a.create_partitions([NewPartitions(topic, 5)])[topic].result(DEADLINE)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    config = list(a.describe_configs([resource]).values())[0].result(DEADLINE)
    assert config["cleanup.policy"].value == "compact", config["cleanup.policy"]
    assert len(a.list_topics(topic, timeout=DEADLINE).topics[topic].partitions) == 5
    a.delete_topics([topic])[topic].result(DEADLINE)
    assert topic not in a.list_topics(timeout=DEADLINE).topics


def restart(bootstrap):
    """Keeps one idempotent producer and one group consumer alive while the broker restarts."""
    topic = "confluent-restart"
    create(bootstrap, topic)
    p = producer(bootstrap, **{"enable.idempotence": True, "reconnect.backoff.max.ms": 200})
    c = consumer(bootstrap, topic, **{"reconnect.backoff.max.ms": 200})
    c.subscribe([topic])
    produce_all(p, topic, 1000)
    check(consume_all(c, 1000))
    c.commit(asynchronous=False)
    print("RESTART", flush=True)
    assert sys.stdin.readline().strip() == "RESTARTED"
    produce_all(p, topic, 1000, first=1000)
    check(consume_all(c, 1000), 1000)
    c.commit(asynchronous=False)
    assert c.committed([TopicPartition(topic, 0)], timeout=DEADLINE)[0].offset == 2000
    c.close()


def timestamps(bootstrap):
    topic = "confluent-timestamps"
    create(bootstrap, topic)
    p = producer(bootstrap)
    for i in range(100):
        p.produce(topic, value=str(i), timestamp=1000000 + i * 10)
    assert p.flush(DEADLINE) == 0
    c = consumer(bootstrap, topic)
    low, high = c.get_watermark_offsets(TopicPartition(topic, 0), timeout=DEADLINE)
    assert (low, high) == (0, 100), (low, high)
    found = c.offsets_for_times([TopicPartition(topic, 0, 1000495)], timeout=DEADLINE)
    assert found[0].offset == 50, found
    c.close()


def close_while_joining(bootstrap):
    """Waits in vain for its group until it is told to close, and lives on."""
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "g", "session.timeout.ms": 600000,
                  "max.poll.interval.ms": 600000, "partition.assignment.strategy": "range"})
    c.subscribe(["t"])
    told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), told.set()), daemon=True).start()
    while not told.is_set():
        c.poll(0.1)
    c.close()
    print("CLOSED", flush=True)
    time.sleep(600)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
    print("OK", flush=True)
