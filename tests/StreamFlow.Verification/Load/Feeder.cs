using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;

namespace StreamFlow.Verification.Load;

/// <summary>
/// Sends inputs at a steady rate, numbered from 0 and made from the seed, with them orders and payments, and now and then a new
/// version of an account or a region. Knows when each input was sent.
/// </summary>
internal sealed class Feeder : IDisposable
{
    private const int AccountEvery = 40;
    private readonly ulong _seed;
    private readonly double _perSecond;
    private readonly IProducer<string, string> _producer;
    private readonly long _baseTime;
    private readonly Thread _thread;
    private readonly List<string> _failures = [];
    private readonly long? _lost;
    private readonly Lock _gate = new();
    private long[] _sentAt = new long[1 << 16];
    private long _sent;
    private volatile bool _stopping;

    /// <param name="bootstrapServers">The broker.</param>
    /// <param name="seed">Decides keys and values.</param>
    /// <param name="perSecond">Inputs per second.</param>
    /// <param name="lost">Number of an input that is planted to be left out, or null.</param>
    public Feeder(string bootstrapServers, ulong seed, double perSecond, long? lost)
    {
        (_seed, _perSecond, _lost) = (seed, perSecond, lost);
        _baseTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / Workload.WindowMs * Workload.WindowMs;
        _producer = new ProducerBuilder<string, string>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            ClientId = "feeder",
            EnableIdempotence = true,
            LingerMs = 2,
            MessageTimeoutMs = 600_000,
            Partitioner = Partitioner.Murmur2Random,
            TopicMetadataRefreshIntervalMs = 1000,
            ReconnectBackoffMaxMs = 500,
        }).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
        _thread = new Thread(Run) { IsBackground = true, Name = "feeder" };
    }

    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Inputs that were not acknowledged; none, unless the broker was away for minutes.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_gate)
            {
                return [.. _failures];
            }
        }
    }

    /// <summary>The first version of each region and account; every one is there before the first input.</summary>
    public void SendTables()
    {
        foreach (var region in Places.All)
        {
            Produce(Places.Regions, region, Places.VersionOf(_seed, region, version: 0), _baseTime - 60_000);
        }

        foreach (var user in Workload.AllUsers)
        {
            SendAccount(user, version: 0, _baseTime - 60_000);
        }

        _producer.Flush(TimeSpan.FromSeconds(60));
    }

    public void Start() => _thread.Start();

    /// <summary>When an input was sent, as a timestamp of <see cref="Stopwatch"/>.</summary>
    public long SentAt(long sequence)
    {
        lock (_gate)
        {
            return sequence >= 0 && sequence < _sent ? _sentAt[sequence] : 0;
        }
    }

    /// <summary>Sends the last versions of all, and trades that close what is open, and no more; returns when all is acknowledged.</summary>
    public void Stop()
    {
        _stopping = true;
        _thread.Join();
        SendLast(TimeOf(_sent));
        _producer.Flush(TimeSpan.FromSeconds(120));
    }

    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive)
        {
            _thread.Join();
        }

        _producer.Dispose();
    }

    private void Run()
    {
        var began = Stopwatch.GetTimestamp();
        while (!_stopping)
        {
            var due = (long)(Stopwatch.GetElapsedTime(began).TotalSeconds * _perSecond);
            while (_sent < due)
            {
                Send(_sent);
            }

            Thread.Sleep(5);
        }
    }

    private void Send(long sequence)
    {
        lock (_gate)
        {
            if (sequence == _sentAt.Length)
            {
                Array.Resize(ref _sentAt, _sentAt.Length * 2);
            }

            _sentAt[sequence] = Stopwatch.GetTimestamp();
            _sent++;
        }

        var time = TimeOf(sequence);
        if (sequence != _lost)
        {
            Produce(Workload.Input, Workload.UserOf(_seed, sequence), Workload.ValueOf(_seed, sequence), time);
            Produce(
                Workload.Passing, sequence.ToString(CultureInfo.InvariantCulture), Workload.ValueOf(_seed, sequence), time);
        }

        foreach (var trade in Trades.Of(_seed, sequence, time))
        {
            Produce(Trades.Topic, trade.User, trade.Value, trade.Time);
        }

        if (sequence % AccountEvery == 0)
        {
            SendAccount(Workload.UserOf(_seed, sequence), version: sequence + 1, time);
        }

        if (sequence % Places.ChangeEvery == 0)
        {
            var region = Places.ChangedRegion(_seed, sequence);
            Produce(Places.Regions, region, Places.VersionOf(_seed, region, version: sequence + 1), time);
        }
    }

    private void SendLast(long time)
    {
        foreach (var user in Workload.AllUsers)
        {
            Produce(Workload.Accounts, user, Places.LastAccountOf(_seed, user), time);
        }

        foreach (var region in Places.All)
        {
            Produce(Places.Regions, region, Places.LastVersionOf(region), time);
        }

        for (var partition = 0; partition < Workload.Partitions; partition++)
        {
            foreach (var trade in Trades.Last(partition, time))
            {
                Produce(Trades.Topic, trade.User, trade.Value, trade.Time, partition);
            }
        }
    }

    private long TimeOf(long sequence) => _baseTime + (long)(sequence * 1000 / _perSecond);

    private void SendAccount(string user, long version, long time) =>
        Produce(Workload.Accounts, user, Places.AccountOf(_seed, user, version), time);

    private void Produce(string topic, string key, string? value, long time, int? partition = null)
    {
        var target = new Confluent.Kafka.TopicPartition(topic, partition is { } number ? new Partition(number) : Partition.Any);
        var message = new Message<string, string> { Key = key, Value = value!, Timestamp = new Timestamp(time, TimestampType.CreateTime) };
        while (true)
        {
            try
            {
                _producer.Produce(target, message, OnReport);
                return;
            }
            catch (ProduceException<string, string> exception)
                when (exception.Error.Code is ErrorCode.Local_QueueFull or ErrorCode.Local_UnknownPartition or ErrorCode.Local_UnknownTopic)
            {
                // Nothing of it was sent. A broker that has just come back may not name its partitions for a moment.
                _producer.Poll(TimeSpan.FromMilliseconds(20));
            }
        }
    }

    private void OnReport(DeliveryReport<string, string> report)
    {
        if (report.Error.IsError)
        {
            lock (_gate)
            {
                _failures.Add($"{report.Topic} {report.Value}: {report.Error.Reason}");
            }
        }
    }
}
