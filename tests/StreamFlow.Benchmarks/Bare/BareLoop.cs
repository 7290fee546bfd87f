using StreamFlow.Clients;

namespace StreamFlow.Benchmarks.Bare;

/// <summary>
/// What is left of a pass-through without an engine: batches from each partition's queue, one produce per record, by
/// StreamFlow's own Kafka binding, in the rhythm of the engine's loop.
/// </summary>
internal static class BareLoop
{
    private const int RecordsPerTurn = 128;
    private static readonly TimeSpan FullWait = TimeSpan.FromMilliseconds(5);

    public static void Run(IKafkaClients clients, string input, string output, int partitions, ThreadMeter meter, long first, long last)
    {
        using var producer = clients.CreateProducer(new ProducerRole("bare-producer", null, TimeSpan.FromSeconds(10)));
        using var consumer = clients.CreateConsumer(
            new ConsumerRole("bare-consumer", null, null, ReadCommitted: false, "error"));
        consumer.Assign([.. Enumerable.Range(0, partitions)
            .Select(p => new PartitionOffset(new TopicPartition(input, p), PartitionOffset.Beginning))]);
        var readers = Enumerable.Range(0, partitions)
            .Select(p => new Cursor(consumer.Reader(new TopicPartition(input, p)))).ToArray();
        var topic = producer.Topic(output);
        var count = 0L;
        while (count < last)
        {
            var before = count;
            foreach (var reader in readers)
            {
                for (var i = 0; i < RecordsPerTurn && count < last && reader.HasNext(); i++)
                {
                    var record = reader.Take();
                    var partition = Murmur2.Partition(record.Key, topic.PartitionCount);
                    while (!producer.TryProduce(topic, partition, in record, null))
                    {
                        producer.Poll(FullWait);
                    }

                    if (++count == first)
                    {
                        meter.Start();
                    }
                }
            }

            producer.Poll(TimeSpan.Zero);
            consumer.Poll(count > before ? TimeSpan.Zero : TimeSpan.FromMilliseconds(100));
        }

        meter.Stop(last - first);
        if (!producer.Drain(TimeSpan.FromMinutes(1)))
        {
            throw new TimeoutException("The records were not acknowledged within a minute.");
        }
    }

    private sealed class Cursor(PartitionReader reader)
    {
        private RecordBatch? _batch;
        private int _index;

        public bool HasNext()
        {
            if (_batch is null || _index >= _batch.Count)
            {
                _batch = reader.Next();
                _index = 0;
            }

            return _batch.Count > 0;
        }

        public ByteRecord Take() => _batch!.Read(_index++);
    }
}
