using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Measuring;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>What one task counts: plain fields for the hot path, read by whoever collects metrics, or published at each commit.</summary>
internal sealed class TaskMetrics
{
    private readonly Dictionary<(string Operator, DropReason Reason), long> _dropped = [];
    private readonly List<SourceCounts> _sources = [];
    private readonly List<SinkCounts> _sinks = [];
    private readonly List<SuppressCounts> _suppressions = [];
    private readonly List<StoreCounts> _stores = [];
    private readonly TaskId _taskId;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private long _processed;
    private long _published;
    private bool _isFailureTold;

    /// <param name="meter">The application's instruments.</param>
    /// <param name="taskId">The task.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="logger">Is told once if counting fails; null: nobody is.</param>
    public TaskMetrics(ApplicationMeter meter, TaskId taskId, TimeProvider? time = null, ILogger? logger = null)
    {
        Meter = meter;
        _taskId = taskId;
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        Counts = new TaskCounts(meter.Tag, taskId);
        meter.Tasks.All.Add(Counts);
    }

    public ApplicationMeter Meter { get; }

    /// <summary>What is measured of the task as a whole.</summary>
    public TaskCounts Counts { get; }

    /// <summary>Its input partitions at this moment. On the task's thread.</summary>
    public IReadOnlyList<SourceCounts> Sources => [.. _sources];

    public long ProcessedTotal => _processed;

    public long DroppedTotal => _dropped.Values.Sum();

    /// <summary>Records left out, by the operator or store that left them out, and the reason.</summary>
    public IReadOnlyDictionary<(string Operator, DropReason Reason), long> DroppedRecords => _dropped;

    /// <summary>Set where each record and call is timed.</summary>
    private TimeProvider? Clock => Meter.Level == MetricsLevel.Debug ? _time : null;

    public long DroppedBy(DropReason reason) => _dropped.Where(entry => entry.Key.Reason == reason).Sum(entry => entry.Value);

    public void Processed() => _processed++;

    /// <param name="reason">Why a record was left out.</param>
    /// <param name="name">Name of the operator or store that left it out.</param>
    public void Dropped(DropReason reason, string name)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_dropped, (name, reason), out _)++;
        Tell(ApplicationMeter.Add(
            Meter.Tasks.Dropped, 1, Meter.Tag, Counts.Tags[1], new("operator", name), new("reason", Name(reason))));
    }

    /// <summary>Counts of an input partition; until <see cref="CloseNodes"/>.</summary>
    public SourceCounts Source(string node, TopicPartition partition) =>
        Add(_sources, Meter.Sources.All, new SourceCounts(Meter.Sources, Clock, Counts.Tags, node, partition));

    /// <summary>Counts of a sink; until <see cref="CloseNodes"/>.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="topic">Where it sends to; empty when its records choose.</param>
    public SinkCounts Sink(string node, string topic) =>
        Add(_sinks, Meter.Sinks.All, new SinkCounts(Meter.Sinks, Clock, Counts.Tags, node, topic));

    /// <summary>Counts of an operator that holds updates back; until <see cref="CloseNodes"/>.</summary>
    public SuppressCounts Suppress(string node) =>
        Add(_suppressions, Meter.Suppressions.All, new SuppressCounts(Counts.Tags, node));

    /// <summary>Counts of a store; until <see cref="CloseStores"/>.</summary>
    public StoreCounts Store(string name, IByteStore bytes) => Add(_stores, Meter.Stores.All, new StoreCounts(Counts.Tags, name, Clock)
    {
        Entries = () => EntriesOf(bytes),
        Statistics = bytes.Statistic,
    });

    /// <summary>Measures how old the records are that came and went last.</summary>
    public void Sample()
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var source in _sources)
        {
            Tell(source.Sample(now));
        }

        foreach (var sink in _sinks)
        {
            Tell(sink.Sample(now));
        }
    }

    /// <summary>Publishes what was counted since the last time.</summary>
    public void Publish()
    {
        if (_processed != _published)
        {
            Tell(ApplicationMeter.Add(Meter.Tasks.Processed, _processed - _published, Meter.Tag, Counts.Tags[1]));
            _published = _processed;
        }
    }

    /// <summary>The task's nodes are given up.</summary>
    public void CloseNodes()
    {
        Remove(_sources, Meter.Sources.All);
        Remove(_sinks, Meter.Sinks.All);
        Remove(_suppressions, Meter.Suppressions.All);
    }

    /// <summary>The task's stores are closed.</summary>
    public void CloseStores() => Remove(_stores, Meter.Stores.All);

    /// <summary>The task is closed.</summary>
    public void Close()
    {
        Publish();
        CloseNodes();
        CloseStores();
        Meter.Tasks.All.Remove(Counts);
    }

    /// <summary>Who collects does not know when a store is closed.</summary>
    private static long? EntriesOf(IByteStore bytes)
    {
        try
        {
            return bytes.ApproximateCount;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private static T Add<T>(List<T> own, LiveSet<T> all, T counts)
        where T : Counts
    {
        own.Add(counts);
        all.Add(counts);
        return counts;
    }

    private static void Remove<T>(List<T> own, LiveSet<T> all)
        where T : Counts
    {
        own.ForEach(all.Remove);
        own.Clear();
    }

    private void Tell(Exception? failure)
    {
        if (failure is not null && !_isFailureTold)
        {
            _isFailureTold = true;
            ProcessingLog.MeasurementFailed(_logger, failure, _taskId);
        }
    }

    internal static string Name(DropReason reason) => reason switch
    {
        DropReason.NullKey => "null_key",
        DropReason.NullValue => "null_value",
        DropReason.Late => "late",
        DropReason.Expired => "expired",
        DropReason.InvalidTimestamp => "invalid_timestamp",
        DropReason.Deserialization => "deserialization",
        DropReason.Processing => "processing",
        DropReason.Production => "production",
        DropReason.DeadLetter => "dead_letter",
        DropReason.NoPartition => "no_partition",
        DropReason.Superseded => "superseded",
        DropReason.Outdated => "outdated",
        DropReason.NoWindow => "no_window",
        _ => throw new UnreachableException($"Unknown drop reason {reason}."),
    };
}
