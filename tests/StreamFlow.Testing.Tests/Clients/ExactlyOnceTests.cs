using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Clients;

/// <summary>
/// The whole cluster at once: members that read, write and commit in transactions on their own threads, while members
/// are expired, partitions revoked, producers fenced and calls fail. Nothing may be lost or doubled for read_committed.
/// </summary>
public sealed class ExactlyOnceTests
{
    private const int Partitions = 4;
    private const int PerPartition = 150;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Every_record_is_copied_once_whatever_happens(int seed)
    {
        var random = new Random(seed);
        var kafka = new InMemoryKafka(new InMemoryKafkaOptions { MaxBatchRecords = 7, Time = TimeProvider.System });
        kafka.CreateTopic("in", Partitions);
        kafka.CreateTopic("out", Partitions);
        using var stop = new CancellationTokenSource();
        var copiers = Enumerable.Range(0, 3).Select(i => new Copier(kafka, i, stop.Token)).ToList();
        copiers.ForEach(copier => copier.Start());

        for (var i = 0; i < PerPartition; i++)
        {
            for (var p = 0; p < Partitions; p++)
            {
                kafka.Append(new TopicPartition("in", p), null, Encoding.UTF8.GetBytes($"{p}:{i}"));
            }

            Disturb(kafka, random);
        }

        var start = TimeProvider.System.GetTimestamp();
        while (Copied(kafka).Count < Partitions * PerPartition
            && TimeProvider.System.GetElapsedTime(start) < Deadline
            && copiers.TrueForAll(c => c.Error is null))
        {
            Thread.Yield();
        }

        stop.Cancel();
        copiers.ForEach(copier => copier.Join());
        Assert.All(copiers, copier => Assert.Null(copier.Error));
        for (var p = 0; p < Partitions; p++)
        {
            var expected = Enumerable.Range(0, PerPartition).Select(i => $"{p}:{i}");
            Assert.True(
                expected.SequenceEqual(kafka.Values(new TopicPartition("out", p))),
                $"Seed {seed}: partition {p} is not copied exactly once and in order.");
        }
    }

    private static List<string> Copied(InMemoryKafka kafka) =>
        [.. Enumerable.Range(0, Partitions).SelectMany(p => kafka.Values(new TopicPartition("out", p)))];

    private static void Disturb(InMemoryKafka kafka, Random random)
    {
        var name = "copier-" + random.Next(3);
        try
        {
            switch (random.Next(12))
            {
                case 0:
                    kafka.ExpireMember(name);
                    break;
                case 1:
                    kafka.RevokePartitions(name, new TopicPartition("in", random.Next(Partitions)));
                    break;
                case 2:
                    kafka.FenceProducer(name);
                    break;
                case 3:
                    kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Retriable, new() { Nth = 3 });
                    break;
                case 4:
                    kafka.Faults.LoseAnswer(ClientCall.CommitTransaction, KafkaErrorKind.Retriable);
                    break;
                case 5:
                    kafka.Faults.Fail(ClientCall.CommitTransaction, KafkaErrorKind.Abortable);
                    break;
                case 6:
                    kafka.Faults.Fail(ClientCall.SendOffsetsToTransaction, KafkaErrorKind.Migrated);
                    break;
            }
        }
        catch (ArgumentException)
        {
            // The member or producer is between two lives at this moment; another one is disturbed next time.
            Assert.NotNull(name);
        }
    }

    /// <summary>Reads, writes and commits in transactions, as a stream thread does under exactly-once.</summary>
    private sealed class Copier : IRebalanceListener
    {
        private readonly InMemoryKafka _kafka;
        private readonly string _name;
        private readonly CancellationToken _stop;
        private readonly IKafkaConsumer _consumer;
        private readonly Thread _thread;
        private readonly HashSet<TopicPartition> _mine = [];
        private IKafkaProducer _producer;

        public Copier(InMemoryKafka kafka, int index, CancellationToken stop)
        {
            _kafka = kafka;
            _name = "copier-" + index;
            _stop = stop;
            _consumer = kafka.Consumer(_name, "copiers");
            _consumer.Subscribe(["in"], ["in"], this);
            _producer = kafka.Producer(_name, _name);
            _thread = new Thread(Run) { IsBackground = true };
        }

        public Exception? Error { get; private set; }

        public void Start() => _thread.Start();

        public void Join() => _thread.Join();

        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
        {
            _mine.UnionWith(leaders);
            return [.. leaders.Select(p => new PartitionOffset(p, PartitionOffset.Stored))];
        }

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
        {
            _mine.ExceptWith(leaders);
            return leaders;
        }

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => OnRevoked(leaders);

        private void Run()
        {
            try
            {
                while (!_stop.IsCancellationRequested)
                {
                    _consumer.Poll(TimeSpan.FromMilliseconds(5));
                    Copy();
                }
            }
            catch (Exception error)
            {
                Error = error;
            }

            _consumer.Close();
            _producer.Dispose();
        }

        private void Copy()
        {
            try
            {
                _producer.BeginTransaction();
                if (CopyBatches() is { Count: > 0 } offsets)
                {
                    _producer.SendOffsetsToTransaction(offsets, _consumer.GroupMetadata(), ClientsExtensions.Timeout);
                }

                Commit();
            }
            catch (KafkaClientException error) when (error.Kind is KafkaErrorKind.Abortable or KafkaErrorKind.Migrated)
            {
                Abort();
                GoBack();
            }
            catch (KafkaClientException error) when (error.Kind == KafkaErrorKind.Fatal)
            {
                Replace();
                GoBack();
            }
        }

        private void Abort()
        {
            try
            {
                _producer.AbortTransaction(ClientsExtensions.Timeout);
            }
            catch (KafkaClientException error) when (error.Kind == KafkaErrorKind.Fatal)
            {
                Replace();
            }
        }

        private void Replace()
        {
            _producer.Dispose();
            _producer = _kafka.Producer(_name, _name);
        }

        private List<PartitionOffset> CopyBatches()
        {
            var offsets = new List<PartitionOffset>();
            foreach (var partition in _mine)
            {
                var reader = _consumer.Reader(partition);
                var batch = reader.Next();
                for (var i = 0; i < batch.Count; i++)
                {
                    _producer.Send("out", Encoding.UTF8.GetString(batch.Read(i).Value), partition.Partition);
                }

                if (batch.Count > 0)
                {
                    offsets.Add(new PartitionOffset(partition, reader.Position));
                }
            }

            return offsets;
        }

        private void Commit()
        {
            while (true)
            {
                try
                {
                    _producer.CommitTransaction(ClientsExtensions.Timeout);
                    return;
                }
                catch (KafkaClientException error) when (error.Kind == KafkaErrorKind.Retriable)
                {
                    Assert.NotNull(error.Message);
                }
            }
        }

        private void GoBack()
        {
            foreach (var partition in _mine)
            {
                _consumer.Seek(new PartitionOffset(partition, PartitionOffset.Stored));
            }
        }
    }
}
