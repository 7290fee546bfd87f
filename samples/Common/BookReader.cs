using Confluent.Kafka;
using KafkaPartition = Confluent.Kafka.TopicPartition;

namespace StreamFlow.Samples;

/// <summary>
/// Reads the result topics for the books with a plain consumer that shares nothing with the engine, so that it can be its
/// witness. It sees committed records only.
/// </summary>
internal sealed class BookReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly IConsumer<byte[]?, byte[]?> _consumer;
    private readonly Dictionary<string, List<TopicWitness>> _witnesses;
    private readonly Dictionary<KafkaPartition, Offset> _positions = [];
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <summary>Reads what is there already; returns when all of it is read.</summary>
    public BookReader(string bootstrapServers, IReadOnlyList<TopicWitness> witnesses)
    {
        _witnesses = witnesses.GroupBy(w => w.Topic).ToDictionary(g => g.Key, g => g.ToList());
        _consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = "sample-books", // never joined: partitions are assigned, and nothing is committed
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            EnablePartitionEof = true,
            FetchWaitMaxMs = 50,
        }).SetLogHandler((_, _) => { }).Build(); // the applications say that no broker answers
        foreach (var (topic, readers) in _witnesses)
        {
            var begin = readers.Exists(r => r.Earlier is not null) ? Offset.Beginning : Offset.End;
            foreach (var partition in SampleTopics.Partitions(bootstrapServers, topic))
            {
                _positions[new KafkaPartition(topic, partition)] = begin;
            }
        }

        ReadToEnd(static (witness, record) => witness.Earlier?.Invoke(record));
        _thread = new Thread(Read) { Name = "books", IsBackground = true };
        _thread.Start();
    }

    /// <summary>What keeps the books from being written; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Ends reading, after all that is committed by now.</summary>
    public void Finish()
    {
        _stopping = true;
        _thread.Join();
        if (Failure is null)
        {
            ReadToEnd(static (witness, record) => witness.See(record));
        }
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _consumer.Close();
        _consumer.Dispose();
    }

    private void Read()
    {
        try
        {
            while (!_stopping)
            {
                if (Next(TimeSpan.FromMilliseconds(100)) is { IsPartitionEOF: false } result)
                {
                    Tell(result, static (witness, record) => witness.See(record));
                }
            }
        }
#pragma warning disable CA1031 // Told at the end of the run, which must come: a value that is no JSON is a result like any other.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Failure = exception;
        }
    }

    /// <summary>Partitions that are assigned anew tell their end anew.</summary>
    private void ReadToEnd(Action<TopicWitness, SeenRecord> tell)
    {
        _consumer.Assign(_positions.Select(p => new TopicPartitionOffset(p.Key, p.Value)));
        var open = new HashSet<KafkaPartition>(_positions.Keys);
        var last = TimeProvider.System.GetTimestamp();
        while (open.Count > 0)
        {
            if (Next(TimeSpan.FromSeconds(1)) is { } result)
            {
                last = TimeProvider.System.GetTimestamp();
                if (result.IsPartitionEOF)
                {
                    _positions[result.TopicPartition] = result.Offset;
                    open.Remove(result.TopicPartition);
                }
                else
                {
                    Tell(result, tell);
                }
            }
            else if (TimeProvider.System.GetElapsedTime(last) > Patience)
            {
                throw new TimeoutException(
                    $"The end of {string.Join(", ", open)} could not be read within {Patience.TotalSeconds} s: is a transaction left open there?");
            }
        }
    }

    /// <summary>A topic that was made a moment ago has no leader yet, and a broker that has just come back does not know its partitions.</summary>
    private ConsumeResult<byte[]?, byte[]?>? Next(TimeSpan timeout)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return _consumer.Consume(timeout);
            }
            catch (KafkaException exception) when (!exception.Error.IsFatal && attempt < 50)
            {
                Thread.Sleep(200);
            }
        }
    }

    private void Tell(ConsumeResult<byte[]?, byte[]?> result, Action<TopicWitness, SeenRecord> tell)
    {
        _positions[result.TopicPartition] = result.Offset + 1;
        foreach (var witness in _witnesses[result.Topic])
        {
            tell(witness, new SeenRecord(result));
        }
    }
}
