using System.Diagnostics;
using System.Diagnostics.Metrics;

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
    private readonly long[] _dropped = new long[Enum.GetValues<DropReason>().Length];
    private readonly TagList _tags;
    private long _processed;
    private long _published;

    public TaskMetrics(string applicationId, TaskId taskId)
    {
        _tags = new TagList { { "streamflow.application.id", applicationId }, { "streamflow.task.id", taskId.ToString() } };
    }

    public long ProcessedTotal => _processed;

    public long DroppedTotal => _dropped.Sum();

    public long DroppedBy(DropReason reason) => _dropped[(int)reason];

    public void Processed() => _processed++;

    public void Dropped(DropReason reason)
    {
        _dropped[(int)reason]++;
        var tags = _tags;
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
