using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StreamFlow.Kafka;

namespace StreamFlow.Kafka.Tests.Common;

/// <summary>What becomes of the lines that clients write.</summary>
public sealed class ClientLinesTests : IDisposable
{
    private const string Refused = "[thrd:b:9092/bootstrap]: b:9092/bootstrap: Connect to ipv4#10.0.0.7:9092 failed: Connection refused (after 0ms in state CONNECT)";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly Clock _time = new();
    private readonly Lines _log = new();
    private readonly Probe _probe = new();
    private readonly ClientLines _lines;

    public ClientLinesTests()
    {
        var watch = new ConnectionWatch("b:9092", _log, _time, () => _probe);
        _lines = new ClientLines(_time, watch, _log);
        _lines.Opened();
    }

    public void Dispose() => _probe.Dispose();

    [Fact]
    public void The_first_line_of_a_kind_is_kept_whole_and_then_one_per_interval_with_the_count()
    {
        for (var i = 0; i < 50; i++)
        {
            _lines.Take(_log, LogLevel.Warning, "app", "OFFSET", $"in [{i}]: offset reset at {i * 3}");
        }

        _lines.Take(_log, LogLevel.Warning, "app", "CONFWARN", "another matter");
        _time.Now += ClientLines.Interval;
        _lines.Take(_log, LogLevel.Warning, "app", "OFFSET", "in [7]: offset reset at 8");

        Assert.Equal(
            [
                "Warning app: librdkafka OFFSET: in [0]: offset reset at 0",
                "Warning app: librdkafka CONFWARN: another matter",
                "Warning app: librdkafka OFFSET: in [7]: offset reset at 8 (49 more lines like it since the last one; at most one per 00:01:00)",
            ],
            _log.All);
    }

    [Fact]
    public async Task What_was_only_counted_is_told_when_the_last_client_is_closed()
    {
        _lines.Opened();
        for (var i = 0; i < 4; i++)
        {
            _lines.Take(_log, LogLevel.Warning, "app", "OFFSET", $"in [{i}]: offset reset");
        }

        Fail(count: 1);
        await Until(() => _log.All.Count == 2);
        _lines.Take(_log, LogLevel.Warning, "app", "ONCE", "another matter");
        _lines.Closed();
        Assert.Equal(3, _log.All.Count);

        _lines.Closed();

        Assert.Equal(
            "Information Told once and then only counted, before the last client was closed: 3 more lines like 'Warning OFFSET in [3]: offset reset'",
            Assert.Single(_log.All.Skip(3)));
    }

    [Fact]
    public void What_debug_asks_for_is_not_limited()
    {
        for (var i = 0; i < 3; i++)
        {
            _lines.Take(_log, LogLevel.Debug, "app", "HEARTBEAT", "Heartbeat for group");
        }

        Assert.Equal(3, _log.All.Count);
    }

    /// <summary>The engine replaces such a producer and says so: a second, critical line would have people paged for nothing.</summary>
    [Fact]
    public void What_ends_a_client_is_left_to_its_owner_to_tell()
    {
        _lines.Take(_log, LogLevel.Critical, "app", "TXNERR", "[thrd:main]: Fatal transaction error: Failed to end transaction");
        _lines.Take(_log, LogLevel.Error, "app", "ERROR", "[thrd:main]: Fatal error: Broker: fenced");

        Assert.All(_log.All, line => Assert.StartsWith("Debug ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hundred_lines_of_an_outage_are_two()
    {
        _probe.IsThere = false;
        Fail(count: 100);
        await Until(() => _lines.Connection.Outage is not null);
        Fail(count: 17);
        var outage = _lines.Connection.Outage;

        _probe.IsThere = true;
        await Until(() => _lines.Connection.Outage is null);

        Assert.Equal(("b:9092", Refused), (outage!.Servers, outage.Reason));
        Assert.Equal(2, _log.All.Count);
        Assert.StartsWith($"Error app-0: no broker answers at b:9092: {Refused}", _log.All[0], StringComparison.Ordinal);
        Assert.StartsWith("Warning A broker answers at b:9092 again, after ", _log.All[1], StringComparison.Ordinal);
        Assert.EndsWith("the clients wrote 234 lines meanwhile", _log.All[1], StringComparison.Ordinal);
        Assert.True(_probe.IsDisposed);
    }

    [Fact]
    public async Task A_connection_of_several_is_no_outage_and_told_once()
    {
        Fail(count: 1);
        await Until(() => _log.All.Count == 1);

        Assert.Null(_lines.Connection.Outage);
        Assert.StartsWith($"Warning app-0: {Refused}; other connections work", _log.All[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_asked_when_the_last_client_is_gone()
    {
        _probe.IsThere = false;
        Fail(count: 1);
        await Until(() => _lines.Connection.Outage is not null);

        _lines.Closed();
        await Until(() => _lines.Connection.Outage is null);

        Assert.Single(_log.All);
    }

    /// <summary>As librdkafka does: what failed, and the same once more as the client's error.</summary>
    private void Fail(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _lines.Take(_log, LogLevel.Error, $"app-{i}", "FAIL", Refused);
            _lines.Take(_log, LogLevel.Error, $"app-{i}", "ERROR", $"[thrd:app]: {Refused[(Refused.IndexOf("]: ", StringComparison.Ordinal) + 3)..]}");
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {Deadline}.");
            await Task.Delay(5);
        }
    }

    private sealed class Probe : IBrokerProbe
    {
        private volatile bool _isThere = true;

        public bool IsThere
        {
            set => _isThere = value;
        }

        public bool IsDisposed { get; private set; }

        public bool Answers(TimeSpan limit) => _isThere;

        public void Dispose() => IsDisposed = true;
    }

    /// <summary>Timers run as they do; only timestamps stand still.</summary>
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }

    private sealed class Lines : ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyList<string> All => [.. _lines];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{logLevel} {formatter(state, exception)}");
    }
}
