"""Transactions of python-confluent (librdkafka). Exits 0 when everything asserted holds."""
import random
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

DEADLINE = 60


def transactional(bootstrap, name, **settings):
    p = Producer({"bootstrap.servers": bootstrap, "transactional.id": name, "linger.ms": 1,
                  "reconnect.backoff.max.ms": 200, **settings})
    p.init_transactions(DEADLINE)
    return p


def create(bootstrap, *topics, partitions=1):
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(x, partitions, 1) for x in topics]).values():
        future.result(DEADLINE)


def read(bootstrap, topic, isolation="read_committed", partitions=1):
    """Everything up to the end that the isolation level may see, and the positions afterwards."""
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader", "enable.partition.eof": True,
                  "isolation.level": isolation, "auto.offset.reset": "earliest", "check.crcs": True})
    assigned = [TopicPartition(topic, i, 0) for i in range(partitions)]
    c.assign(assigned)
    values, ended, end = [], 0, time.time() + DEADLINE
    while ended < partitions and time.time() < end:
        m = c.poll(0.2)
        if m is None:
            continue
        if m.error() and m.error().code() == KafkaError._PARTITION_EOF:
            ended += 1
        elif m.error():
            raise KafkaException(m.error())
        else:
            values.append(m.value().decode())
    assert ended == partitions, "the end was not reached"
    positions = [max(x.offset, 0) for x in c.position(assigned)]
    c.close()
    return values, positions


def visibility(bootstrap):
    create(bootstrap, "visible")
    p = transactional(bootstrap, "visible-id")
    p.begin_transaction()
    p.produce("visible", "aborted")
    assert p.flush(DEADLINE) == 0
    p.abort_transaction(DEADLINE)
    p.begin_transaction()
    p.produce("visible", "committed")
    assert p.flush(DEADLINE) == 0
    assert read(bootstrap, "visible")[0] == []
    assert read(bootstrap, "visible", "read_uncommitted")[0] == ["aborted", "committed"]
    p.commit_transaction(DEADLINE)
    assert read(bootstrap, "visible")[0] == ["committed"]
    for i in range(50):
        p.begin_transaction()
        p.produce("visible", str(i))
        (p.commit_transaction if i % 2 else p.abort_transaction)(DEADLINE)
    assert read(bootstrap, "visible")[0] == ["committed"] + [str(i) for i in range(1, 50, 2)]


def fencing(bootstrap):
    create(bootstrap, "fenced")
    old = transactional(bootstrap, "fenced-id")
    old.begin_transaction()
    old.produce("fenced", "lost")
    assert old.flush(DEADLINE) == 0
    young = transactional(bootstrap, "fenced-id")
    young.begin_transaction()
    young.produce("fenced", "kept")
    try:
        old.produce("fenced", "late")
        old.commit_transaction(DEADLINE)
        raise AssertionError("a fenced producer committed")
    except KafkaException as e:
        assert e.args[0].code() == KafkaError._FENCED and e.args[0].fatal(), e
    young.commit_transaction(DEADLINE)
    assert read(bootstrap, "fenced")[0] == ["kept"]


def timeout(bootstrap):
    create(bootstrap, "late")
    p = transactional(bootstrap, "late-id", **{"transaction.timeout.ms": 1500})
    p.begin_transaction()
    p.produce("late", "lost")
    assert p.flush(DEADLINE) == 0
    other = transactional(bootstrap, "punctual-id")
    other.begin_transaction()
    other.produce("late", "kept")
    other.commit_transaction(DEADLINE)
    end = time.time() + DEADLINE
    while read(bootstrap, "late")[0] != ["kept"]:
        assert time.time() < end, "the transaction was not aborted"
        time.sleep(0.2)
    try:
        p.commit_transaction(DEADLINE)
        raise AssertionError("a transaction was committed after its time")
    except KafkaException as e:
        assert e.args[0].fatal() or e.args[0].txn_requires_abort(), e


def interleaved(bootstrap, seed):
    rng = random.Random(int(seed))
    print("seed", seed)
    create(bootstrap, "interleaved")
    producers = [transactional(bootstrap, "interleaved-%d" % i) for i in range(3)]
    expected, open_values = [], {}
    for step in range(300):
        i = rng.randrange(3)
        p = producers[i]
        if i not in open_values:
            p.begin_transaction()
            open_values[i] = []
        elif rng.random() < 0.6:
            v = "%d-%d" % (i, step)
            p.produce("interleaved", v)
            open_values[i].append(v)
            if rng.random() < 0.3:
                assert p.flush(DEADLINE) == 0
        else:
            commit = rng.random() < 0.5
            (p.commit_transaction if commit else p.abort_transaction)(DEADLINE)
            if commit:
                expected += open_values[i]
            del open_values[i]
    for i in open_values:
        producers[i].abort_transaction(DEADLINE)
    got = read(bootstrap, "interleaved")[0]
    assert sorted(got) == sorted(expected), (len(got), len(expected))
    for i in range(3):
        mine = "%d-" % i
        assert [x for x in got if x.startswith(mine)] == [x for x in expected if x.startswith(mine)]


def offsets(bootstrap):
    """Reads, processes and writes with the offsets inside the transaction: exactly once, aborts and all."""
    create(bootstrap, "in", "out", partitions=2)
    feed = Producer({"bootstrap.servers": bootstrap})
    for i in range(200):
        feed.produce("in", str(i), partition=i % 2)
    assert feed.flush(DEADLINE) == 0
    p = transactional(bootstrap, "offsets-id")
    for round_number in range(4):
        c = Consumer({"bootstrap.servers": bootstrap, "group.id": "transform", "enable.auto.commit": False,
                      "auto.offset.reset": "earliest", "isolation.level": "read_committed",
                      "session.timeout.ms": 6000})
        c.subscribe(["in"])
        taken, end = [], time.time() + DEADLINE
        while len(taken) < 50 * (round_number + 1) and time.time() < end and len(taken) < 100:
            m = c.poll(0.2)
            if m is not None and not m.error():
                taken.append(m)
                if round_number == 3 and len(taken) == 50:
                    break
        p.begin_transaction()
        for m in taken:
            p.produce("out", m.value(), partition=m.partition())
        p.send_offsets_to_transaction(c.position(c.assignment()), c.consumer_group_metadata(), DEADLINE)
        if round_number % 2 == 0:
            p.abort_transaction(DEADLINE)
        else:
            p.commit_transaction(DEADLINE)
        c.close()
    done = sorted(int(x) for x in read(bootstrap, "out", partitions=2)[0])
    assert len(done) == len(set(done)) == 150, (len(done), len(set(done)))
    c = Consumer({"bootstrap.servers": bootstrap, "group.id": "transform"})
    committed = c.committed([TopicPartition("in", i) for i in range(2)], timeout=DEADLINE)
    assert sum(x.offset for x in committed) == 150, committed
    c.close()


def open_transaction(bootstrap):
    """Leaves a transaction open while the broker restarts, then ends it."""
    create(bootstrap, "restarted")
    p = transactional(bootstrap, "restarted-id")
    p.begin_transaction()
    p.produce("restarted", "before")
    assert p.flush(DEADLINE) == 0
    print("RESTART", flush=True)
    assert sys.stdin.readline().strip() == "RESTARTED"
    assert read(bootstrap, "restarted")[0] == []
    p.produce("restarted", "after")
    p.commit_transaction(DEADLINE)
    assert read(bootstrap, "restarted")[0] == ["before", "after"]


def transform(bootstrap, total):
    """Reads, processes and writes exactly once while the broker is killed and started again by someone else."""
    feed_source(bootstrap, int(total))
    print("FED", flush=True)
    resume(bootstrap, total)


def feed_source(bootstrap, total):
    create(bootstrap, "source", "sink", partitions=2)
    feed = Producer({"bootstrap.servers": bootstrap})
    for i in range(total):
        feed.produce("source", str(i), partition=i % 2)
    assert feed.flush(DEADLINE) == 0


def transformer(bootstrap):
    return Consumer({"bootstrap.servers": bootstrap, "group.id": "transform", "enable.auto.commit": False,
                     "auto.offset.reset": "earliest", "isolation.level": "read_committed",
                     "session.timeout.ms": 6000, "reconnect.backoff.max.ms": 200})


def victim(bootstrap, phase):
    """Commits one transaction, goes to a phase of the next, and waits there to be killed."""
    feed_source(bootstrap, 60)
    p, c = transactional(bootstrap, "transform-id"), transformer(bootstrap)
    c.assign(committed_offsets(c))
    for last in (False, True):
        taken = []
        while len(taken) < 20:
            taken += [m for m in c.consume(20 - len(taken), 0.5) if not m.error()]
        p.begin_transaction()
        if last and phase == "begun":
            break
        for m in taken:
            p.produce("sink", m.value(), partition=m.partition())
        assert p.flush(DEADLINE) == 0
        if last and phase == "produced":
            break
        p.send_offsets_to_transaction(c.position(c.assignment()), c.consumer_group_metadata(), DEADLINE)
        if last and phase == "offsets":
            break
        if last and phase in ("committing", "aborting"):
            print("REACHED", flush=True)
        (p.abort_transaction if last and phase == "aborting" else p.commit_transaction)(DEADLINE)
    print("REACHED", flush=True)
    time.sleep(10 * DEADLINE)


def resume(bootstrap, total):
    """Goes on from the committed offsets until everything is processed, and checks that it was once."""
    total = int(total)
    done, end, fatal, aborted = 0, time.time() + 2 * DEADLINE, 0, 0
    while done < total:
        assert time.time() < end, "%d of %d" % (done, total)
        try:
            p = transactional(bootstrap, "transform-id")
        except KafkaException:
            continue
        c = transformer(bootstrap)
        c.assign(committed_offsets(c))
        try:
            while done < total:
                assert time.time() < end, "%d of %d" % (done, total)
                taken = [m for m in c.consume(20, 0.5) if not m.error()]
                if not taken:
                    done = sum(x.offset for x in committed_offsets(c))
                    continue
                p.begin_transaction()
                for m in taken:
                    p.produce("sink", m.value(), partition=m.partition())
                try:
                    p.send_offsets_to_transaction(c.position(c.assignment()), c.consumer_group_metadata(), 30)
                    retrying(p.commit_transaction)
                except KafkaException as e:
                    if not e.args[0].txn_requires_abort():
                        raise
                    aborted += 1
                    retrying(p.abort_transaction)
                    c.assign(committed_offsets(c))
        except KafkaException as e:
            fatal += 1
            print(e, file=sys.stderr)
        c.close()
    values = sorted(int(x) for x in read(bootstrap, "sink", partitions=2)[0])
    assert values == list(range(total)), "%d values, %d distinct" % (len(values), len(set(values)))
    print("aborted", aborted, "fatal", fatal)


def committed_offsets(c):
    """The committed offsets, once they are stable and the broker is there."""
    end = time.time() + DEADLINE
    while True:
        try:
            return [TopicPartition(x.topic, x.partition, max(x.offset, 0))
                    for x in c.committed([TopicPartition("source", i) for i in range(2)], timeout=10)]
        except KafkaException:
            assert time.time() < end, "no committed offsets"


def retrying(end_transaction):
    while True:
        try:
            return end_transaction(30)
        except KafkaException as e:
            if not e.args[0].retriable():
                raise


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
    print("OK", flush=True)
