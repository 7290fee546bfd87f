using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;

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
}

/// <summary>Counts of one task: plain fields for the hot path, published at each commit.</summary>
internal sealed class TaskMetrics
{
    private readonly Dictionary<(string Operator, DropReason Reason), long> _dropped = [];
    private readonly TagList _tags;
    private long _processed;
    private long _published;

    public TaskMetrics(string applicationId, TaskId taskId)
    {
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
        Instruments.Dropped.Add(1, tags);
    }

    /// <summary>Publishes what was counted since the last time.</summary>
    public void Publish()
    {
        if (_processed != _published)
        {
            Instruments.Processed.Add(_processed - _published, _tags);
            _published = _processed;
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
        _ => throw new UnreachableException($"Unknown drop reason {reason}."),
    };
}
