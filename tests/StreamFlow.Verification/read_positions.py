"""Prints what the broker itself says, as lines for the oracles: committed positions and ends of partitions.

    committed TOPIC PARTITION OFFSET
    end TOPIC PARTITION LAST_STABLE HIGH_WATERMARK
"""
import sys

from confluent_kafka import Consumer, TopicPartition


def client(servers, group, isolation):
    return Consumer({
        "bootstrap.servers": servers,
        "group.id": group,
        "isolation.level": isolation,
        "enable.auto.commit": False,
    })


def main():
    servers, group = sys.argv[1:3]
    partitions = [TopicPartition(t, int(p)) for t, p in (a.rsplit(":", 1) for a in sys.argv[3:])]
    committed = client(servers, group, "read_committed")
    for p in committed.committed(partitions, timeout=60):
        if p.error is not None:
            sys.exit(f"{p.topic}-{p.partition}: {p.error}")
        print("committed", p.topic, p.partition, p.offset)
    uncommitted = client(servers, group, "read_uncommitted")
    for p in partitions:
        stable = committed.get_watermark_offsets(p, timeout=60)[1]
        print("end", p.topic, p.partition, stable, uncommitted.get_watermark_offsets(p, timeout=60)[1])
    committed.close()
    uncommitted.close()


main()
