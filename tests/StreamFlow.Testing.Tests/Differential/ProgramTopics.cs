using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>The topics of a program on a cluster: what goes in, what comes out, and whether all of it was read.</summary>
internal sealed class ProgramTopics : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly int _partitions;
    private readonly IKafkaAdmin _admin;
    private readonly IKafkaProducer _producer;
    private readonly IKafkaConsumer _consumer;
    private List<(TopicPartition, long)> _lastEnds = [];

    public ProgramTopics(IKafkaClients clients, string group, int partitions)
    {
        _partitions = partitions;
        _admin = clients.CreateAdmin("program-admin");
        _producer = clients.CreateProducer(new ProducerRole("program-producer", null, Patience));
        _consumer = clients.CreateConsumer(new ConsumerRole("program-consumer", group, null, ReadCommitted: true, "earliest"));
    }

    public void Create(IEnumerable<string> names) => _admin.CreateTopicsAsync(
        [.. names.Select(n => new NewTopic(n, _partitions, new Dictionary<string, string> { ["retention.ms"] = "-1" }))],
        CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Sends records to the partitions of their keys, those without a key to one of their time.</summary>
    public void Send(IEnumerable<ProgramInput> inputs)
    {
        foreach (var input in inputs)
        {
            var record = new ByteRecord
            {
                Key = Encoding.UTF8.GetBytes(input.Key ?? ""),
                HasKey = input.Key is not null,
                Value = Encoding.UTF8.GetBytes(input.Value ?? ""),
                HasValue = input.Value is not null,
                Timestamp = input.Time,
            };
            var partition = input.Key is null ? (int)(input.Time / 2 % _partitions) : Murmur2.Partition(record.Key, _partitions);
            var headers = input.Header is { } text ? Headers.Empty.With("h", text) : null;
            Assert.True(_producer.TryProduce(_producer.Topic(input.Topic), partition, in record, headers));
        }

        Assert.True(_producer.Drain(Patience));
        Assert.False(_producer.TryTakeFailure(out var failure), failure.Reason);
    }

    /// <summary>
    /// Whether nothing is on its way: twice in a row all that was found on the sources and on the topics between tasks is
    /// committed, and nothing was added in between.
    /// </summary>
    public bool AreDone(IEnumerable<string> sources)
    {
        var names = _admin.ListTopicsAsync(CancellationToken.None).GetAwaiter().GetResult()
            .Where(n => n.EndsWith("-repartition", StringComparison.Ordinal) || n.EndsWith("-topic", StringComparison.Ordinal));
        var partitions = names.Concat(sources)
            .SelectMany(n => Enumerable.Range(0, _partitions).Select(p => new TopicPartition(n, p))).ToList();
        var ends = new List<(TopicPartition Partition, long End)>();
        var isDone = true;
        foreach (var committed in _consumer.Committed(partitions))
        {
            var (beginning, end) = _consumer.QueryOffsets(committed.Partition, Patience);
            ends.Add((committed.Partition, end));
            isDone &= end == beginning || committed.Offset >= end;
        }

        isDone &= ends.SequenceEqual(_lastEnds);
        _lastEnds = ends;
        return isDone;
    }

    /// <summary>All records of a sink's topic, partition after partition.</summary>
    public IEnumerable<string> Read(string topic)
    {
        for (var number = 0; number < _partitions; number++)
        {
            var partition = new TopicPartition(topic, number);
            var end = _consumer.QueryOffsets(partition, Patience).End;
            _consumer.Assign([new PartitionOffset(partition, PartitionOffset.Beginning)]);
            while (_consumer.Reader(partition).Position < end)
            {
                _consumer.Poll(TimeSpan.FromMilliseconds(20));
                foreach (var record in Take(topic, _consumer.Reader(partition).Next()))
                {
                    yield return record;
                }
            }
        }
    }

    public void Dispose()
    {
        _consumer.Dispose();
        _producer.Dispose();
        _admin.Dispose();
    }

    private static List<string> Take(string topic, RecordBatch batch)
    {
        var taken = new List<string>();
        for (var i = 0; i < batch.Count; i++)
        {
            var record = batch.Read(i);
            taken.Add(ProgramText.Of(
                topic,
                record.HasKey ? Encoding.UTF8.GetString(record.Key) : null,
                record.HasValue ? Encoding.UTF8.GetString(record.Value) : null,
                record.Timestamp,
                batch.ReadHeaders(i)));
        }

        return taken;
    }
}
