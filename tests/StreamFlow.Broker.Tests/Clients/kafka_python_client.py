"""Exercises a broker with kafka-python, a client that shares no code with librdkafka. Exits 0 when all holds."""
import sys
import time

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewPartitions, NewTopic
from kafka.errors import TopicAlreadyExistsError

DEADLINE = 60


def consume(c, count):
    messages, end = [], time.time() + DEADLINE
    while len(messages) < count and time.time() < end:
        for batch in c.poll(timeout_ms=500).values():
            messages.extend(batch)
    assert len(messages) == count, "%d of %d messages" % (len(messages), count)
    return messages


def codec(bootstrap, name):
    topic = "kp-" + name
    p = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5,
                      compression_type=None if name == "none" else name)
    futures = [p.send(topic, key=b"k%d" % i, value=b"v%d" % i * (i % 50), headers=[("h", b"%d" % i)])
               for i in range(1000)]
    p.flush(DEADLINE)
    assert [f.get(DEADLINE).offset for f in futures] == list(range(1000))
    c = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=topic, auto_offset_reset="earliest")
    for i, m in enumerate(consume(c, 1000)):
        assert (m.key, m.value, m.headers) == (b"k%d" % i, b"v%d" % i * (i % 50), [("h", b"%d" % i)]), m
    c.commit()
    assert c.committed(TopicPartition(topic, 0)) == 1000
    c.close()


def group(bootstrap):
    topic = "kp-group"
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, 4, 1)])
    settings = {"bootstrap_servers": bootstrap, "group_id": topic, "auto_offset_reset": "earliest",
                "heartbeat_interval_ms": 200, "session_timeout_ms": 6000}
    first, second = KafkaConsumer(topic, **settings), KafkaConsumer(**settings)

    def until(condition, consumers, what):
        end = time.time() + DEADLINE
        while time.time() < end:
            for c in consumers:
                c.poll(timeout_ms=50)
            if condition():
                return
        raise AssertionError("did not happen: " + what)

    until(lambda: len(first.assignment()) == 4, [first], "the first consumer owns everything")
    second.subscribe([topic])
    # A rebalance of this client blocks inside poll until the other rejoins, so each polls in a thread of its own.
    import threading
    stop = threading.Event()

    def pump():
        while not stop.is_set():
            second.poll(timeout_ms=50)

    thread = threading.Thread(target=pump)
    thread.start()
    until(lambda: len(first.assignment()) == 2, [first], "two consumers share the partitions")
    stop.set()
    thread.join()
    second.close()
    until(lambda: len(first.assignment()) == 4, [first], "the first consumer takes everything back")
    first.close()


def admin(bootstrap):
    topic = "kp-admin"
    a = KafkaAdminClient(bootstrap_servers=bootstrap)
    a.create_topics([NewTopic(topic, 2, 1)])
    try:
        a.create_topics([NewTopic(topic, 2, 1)])
        raise AssertionError("a topic was created twice")
    except TopicAlreadyExistsError:
        pass
    assert topic in a.list_topics()
    a.create_partitions({topic: NewPartitions(3)})
    assert len(a.describe_topics([topic])[0]["partitions"]) == 3
    a.delete_topics([topic])
    assert topic not in a.list_topics()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
    print("OK", flush=True)
