using System.Diagnostics;
using Confluent.Kafka;

namespace StreamFlow.Benchmarks.Crash;

/// <summary>
/// Sends updates at a light rate and checks every committed result: each update once, with the count that it must have.
/// Uses Confluent's clients: a witness of its own.
/// </summary>
internal sealed class Probe : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);
    private readonly string _bootstrap;
    private readonly string _application;
    private readonly int _partitions;
    private readonly UpdateModel _model;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, TaskCompletionSource<long>> _first = [];
    private readonly HashSet<long> _seen = [];
    private readonly Thread _sender;
    private readonly Thread _receiver;
    private long _sent;
    private volatile bool _sending = true;
    private volatile bool _receiving = true;

    public Probe(string bootstrap, string application, int partitions, UpdateModel model)
    {
        (_bootstrap, _application, _partitions, _model) = (bootstrap, application, partitions, model);
        _sender = new Thread(Send) { IsBackground = true };
        _receiver = new Thread(Receive) { IsBackground = true };
        _sender.Start();
        _receiver.Start();
    }

    /// <summary>Results with a count that is not the one of their update.</summary>
    public long Wrong { get; private set; }

    public long Duplicates { get; private set; }

    public long Results
    {
        get
        {
            lock (_gate)
            {
                return _seen.Count;
            }
        }
    }

    /// <summary>Updates without a result; asked after <see cref="FinishAsync"/>.</summary>
    public long Missing => Volatile.Read(ref _sent) - Results;

    /// <summary>When the first correct result of a life was seen.</summary>
    public Task<long> FirstOfAsync(long life, TimeSpan limit) => FirstOf(life).Task.WaitAsync(limit);

    /// <summary>Stops sending and waits for the last result.</summary>
    public async Task FinishAsync()
    {
        _sending = false;
        _sender.Join();
        for (var i = 0; i < 200 && Missing > 0; i++)
        {
            await Task.Delay(100);
        }

        _receiving = false;
        _receiver.Join();
    }

    public void Dispose()
    {
        _sending = _receiving = false;
        _sender.Join();
        _receiver.Join();
    }

    private TaskCompletionSource<long> FirstOf(long life)
    {
        lock (_gate)
        {
            if (!_first.TryGetValue(life, out var first))
            {
                first = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
                _first.Add(life, first);
            }

            return first;
        }
    }

    private void Send()
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(
            new ProducerConfig { BootstrapServers = _bootstrap, LingerMs = 0, EnableIdempotence = true }).Build();
        for (var i = 0L; _sending; i++)
        {
            var key = _model.KeyBytesOf(i);
            var update = new byte[sizeof(long)];
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(update, i);
            producer.Produce(
                new Confluent.Kafka.TopicPartition(_application + "-in", Clients.Murmur2.Partition(key, _partitions)),
                new Message<byte[], byte[]> { Key = key, Value = update });
            Volatile.Write(ref _sent, i + 1);
            Thread.Sleep(Pace);
        }

        producer.Flush(TimeSpan.FromSeconds(20));
    }

    private void Receive()
    {
        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig
        {
            BootstrapServers = _bootstrap,
            GroupId = "crash-probe",
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            FetchWaitMaxMs = 50,
        }).Build();
        consumer.Assign(Enumerable.Range(0, _partitions).Select(p =>
            new TopicPartitionOffset(_application + "-out", p, Confluent.Kafka.Offset.Beginning)));
        while (_receiving)
        {
            if (consumer.Consume(TimeSpan.FromMilliseconds(50)) is { } record)
            {
                Check(UpdateResult.Read(record.Message.Value), Stopwatch.GetTimestamp());
            }
        }
    }

    private void Check(UpdateResult result, long now)
    {
        var isRight = result.Count == _model.CountAfter(result.Update);
        lock (_gate)
        {
            Wrong += isRight ? 0 : 1;
            Duplicates += _seen.Add(result.Update) ? 0 : 1;
        }

        if (isRight)
        {
            FirstOf(result.Life).TrySetResult(now);
        }
    }
}
