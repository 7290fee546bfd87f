using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace StreamFlow.Processing;

/// <summary>The process-wide instruments; names follow OpenTelemetry's conventions.</summary>
internal static class Instruments
{
    public const string MeterName = "StreamFlow";

    public static readonly Meter Meter = new(MeterName, "0.1.0");

    public static readonly Counter<long> Dropped = Meter.CreateCounter<long>(
        "streamflow.task.dropped_records", "{record}", "Records left out, by reason.");

    public static readonly Counter<long> Processed = Meter.CreateCounter<long>(
        "streamflow.task.processed_records", "{record}", "Input records processed.");

    public static readonly Counter<long> Aborted = Meter.CreateCounter<long>(
        "streamflow.thread.aborts", "{abort}", "Times that uncommitted work was given up to be done again (exactly-once).");

    public static readonly Counter<long> Failed = Meter.CreateCounter<long>(
        "streamflow.thread.failures", "{failure}", "Stream threads that an error has ended, replaced or not.");

    public static readonly Counter<long> LogFailed = Meter.CreateCounter<long>(
        "streamflow.log.failures", "{message}", "Log messages that the application's logger threw at.");

    public static readonly Counter<long> MisplacedKeys = Meter.CreateCounter<long>(
        "streamflow.topic.misplaced_keys", "{key}",
        "Different keys, of those that were looked at, that lie in another partition than murmur2 puts them.");

    /// <summary>Counts, for whoever listens. Listeners are called in here, and what one of them throws is nobody's failure but theirs.</summary>
    /// <returns>What one of them threw, or null.</returns>
    public static Exception? Count(Counter<long> counter, long count, in TagList tags)
    {
        try
        {
            counter.Add(count, in tags);
            return null;
        }
#pragma warning disable CA1031 // See above.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return exception;
        }
    }
}

/// <summary>Counts of one task: plain fields for the hot path, published at each commit.</summary>
internal sealed class TaskMetrics
{
    private readonly Dictionary<(string Operator, DropReason Reason), long> _dropped = [];
    private readonly TagList _tags;
    private readonly TaskId _taskId;
    private readonly ILogger _logger;
    private long _processed;
    private long _published;
    private bool _isFailureTold;

    /// <param name="applicationId">The application.</param>
    /// <param name="taskId">The task.</param>
    /// <param name="logger">Is told once if counting fails; null: nobody is.</param>
    public TaskMetrics(string applicationId, TaskId taskId, ILogger? logger = null)
    {
        _taskId = taskId;
        _logger = logger ?? NullLogger.Instance;
        _tags = new TagList { { "streamflow.application.id", applicationId }, { "streamflow.task.id", taskId.ToString() } };
    }

    public long ProcessedTotal => _processed;

    public long DroppedTotal => _dropped.Values.Sum();

    /// <summary>Records left out, by the operator or store that left them out, and the reason.</summary>
    public IReadOnlyDictionary<(string Operator, DropReason Reason), long> DroppedRecords => _dropped;

    public long DroppedBy(DropReason reason) => _dropped.Where(entry => entry.Key.Reason == reason).Sum(entry => entry.Value);

    public void Processed() => _processed++;

    /// <param name="reason">Why a record was left out.</param>
    /// <param name="name">Name of the operator or store that left it out.</param>
    public void Dropped(DropReason reason, string name)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(_dropped, (name, reason), out _)++;
        var tags = _tags;
        tags.Add("operator", name);
        tags.Add("reason", Name(reason));
        Count(Instruments.Dropped, 1, in tags);
    }

    /// <summary>Publishes what was counted since the last time.</summary>
    public void Publish()
    {
        if (_processed != _published)
        {
            Count(Instruments.Processed, _processed - _published, in _tags);
            _published = _processed;
        }
    }

    private void Count(Counter<long> counter, long count, in TagList tags)
    {
        if (Instruments.Count(counter, count, in tags) is { } failure && !_isFailureTold)
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
