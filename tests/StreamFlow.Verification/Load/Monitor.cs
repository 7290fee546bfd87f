using System.Diagnostics;
using Confluent.Kafka;

namespace StreamFlow.Verification.Load;

/// <summary>
/// Watches the results while they come, as a read_committed client, to tell when the application has recovered: when
/// every partition with keys has given the result of an input that was sent after the fault.
/// </summary>
internal sealed class Monitor : IDisposable
{
    private readonly IConsumer<string, string> _consumer;
    private readonly Feeder _feeder;
    private readonly Thread _thread;
    private readonly Dictionary<int, long> _newestSentAt = [];
    private readonly Dictionary<string, long> _counts = [];
    private readonly HashSet<string> _ended = [];
    private readonly List<(long Since, TaskCompletionSource<TimeSpan> Recovered)> _waits = [];
    private readonly Lock _gate = new();
    private long _joined;
    private long _passed;
    private long _lastResultAt = Stopwatch.GetTimestamp();
    private volatile bool _stopping;

    public Monitor(string bootstrapServers, Feeder feeder)
    {
        _feeder = feeder;
        _consumer = new ConsumerBuilder<string, string>(new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            ClientId = "monitor",
            GroupId = "monitor",
            EnableAutoCommit = false,
            IsolationLevel = IsolationLevel.ReadCommitted,
            FetchWaitMaxMs = 20,
            ReconnectBackoffMaxMs = 500,
        }).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
        _consumer.Assign(
            from topic in new[] { Workload.RunningRocks, Workload.Joined, Workload.Passed, Trades.Settled, Places.Placed }
            from partition in Enumerable.Range(0, Workload.Partitions)
            select new TopicPartitionOffset(topic, partition, Offset.Beginning));
        _thread = new Thread(Run) { IsBackground = true, Name = "monitor" };
        _thread.Start();
    }

    /// <summary>
    /// Whether as many inputs as were sent are counted, joined and passed on, more of them count as well, and whether the last trades
    /// and the last versions of accounts and regions have come through.
    /// </summary>
    public bool IsComplete
    {
        get
        {
            lock (_gate)
            {
                return _counts.Values.Sum() >= _feeder.Sent && _joined >= _feeder.Sent && _passed >= _feeder.Sent
                    && _ended.Count == Workload.Partitions + Workload.Users;
            }
        }
    }

    /// <summary>How long ago the last result came.</summary>
    public TimeSpan Silence
    {
        get
        {
            lock (_gate)
            {
                return Stopwatch.GetElapsedTime(_lastResultAt);
            }
        }
    }

    /// <summary>How long it took from a moment until results of later inputs were there, from all partitions.</summary>
    /// <param name="since">The moment, as a timestamp of <see cref="Stopwatch"/>.</param>
    public Task<TimeSpan> RecoveredAsync(long since)
    {
        var recovered = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waits.Add((since, recovered));
        }

        return recovered.Task;
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
        _consumer.Dispose();
    }

    private void Run()
    {
        while (!_stopping)
        {
            try
            {
                if (_consumer.Consume(TimeSpan.FromMilliseconds(50)) is { Message: not null } result)
                {
                    Take(result);
                }
            }
            catch (ConsumeException)
            {
                // The broker is away; the client connects again by itself.
            }
        }

        _consumer.Close();
    }

    private void Take(ConsumeResult<string, string> result)
    {
        lock (_gate)
        {
            _lastResultAt = Stopwatch.GetTimestamp();
            if (result.Topic is Trades.Settled or Places.Placed)
            {
                TakeEnd(result.Message.Key, result.Message.Value);
                return;
            }

            if (result.Topic is Workload.Joined or Workload.Passed)
            {
                _ = result.Topic == Workload.Joined ? _joined++ : _passed++;
                return;
            }

            _counts[result.Message.Key] = Workload.CountOf(result.Message.Value);
            var sentAt = _feeder.SentAt(Workload.LastOf(result.Message.Value));
            _newestSentAt[result.Partition] = Math.Max(_newestSentAt.GetValueOrDefault(result.Partition), sentAt);
            for (var i = _waits.Count - 1; i >= 0; i--)
            {
                var (since, recovered) = _waits[i];
                if (_newestSentAt.Values.All(newest => newest > since))
                {
                    _waits.RemoveAt(i);
                    recovered.SetResult(Stopwatch.GetElapsedTime(since));
                }
            }
        }
    }

    private void TakeEnd(string key, string? value)
    {
        if (Trades.IsEnd(key) || (value is not null && Places.IsLast(value)))
        {
            _ended.Add(key);
        }
    }
}
