using System.Diagnostics.Metrics;

namespace StreamFlow.Measuring;

/// <summary>What is measured of tasks.</summary>
internal sealed class TaskInstruments
{
    private readonly Counter<long> _restored;

    public TaskInstruments(Meter meter)
    {
        All = new LiveSet<TaskCounts>(meter);
        Restores = new LiveSet<RestoreCounts>(meter);
        Steps = new LiveSet<StepCounts>(meter);
        Dropped = meter.CreateCounter<long>("streamflow.task.dropped", "{record}", "Records left out, by reason.");
        Processed = meter.CreateCounter<long>("streamflow.task.processed", "{record}", "Input records processed.");
        _restored = meter.CreateCounter<long>("streamflow.task.restored", "{record}", "Changelog records applied to stores.");
        All.Gauges("streamflow.task.state", "{task}", "1; the tag says where the task is in its life.", State);
        All.Time("streamflow.task.processing.time", "Time that the thread has been at the task's records.", t => t.Processing.TotalSeconds);
        All.Gauge<double>(
            "streamflow.task.stream_time", "s", "Largest event time so far, since 1970-01-01T00:00Z.",
            t => t.StreamTime < 0 ? null : t.StreamTime / 1000.0);
        Restores.Gauge<long>("streamflow.task.restore.remaining", "{record}", "Changelog records to be applied; an estimate.", r => r.Remaining());
        Steps.Gauges("streamflow.task.record_seconds", "s", "How long a task has been at the record that it is at; 0 when it is at none.", s => s.Seconds());
        Steps.Gauges("streamflow.task.record_offset", "{offset}", "Offset of the input record that a task finished last.", s => s.Offsets());
    }

    /// <summary>The tasks that the application's threads have.</summary>
    public LiveSet<TaskCounts> All { get; }

    /// <summary>The stores that catch up with their changelogs.</summary>
    public LiveSet<RestoreCounts> Restores { get; }

    /// <summary>Who knows which records the tasks are at.</summary>
    public LiveSet<StepCounts> Steps { get; }

    public Counter<long> Dropped { get; }

    public Counter<long> Processed { get; }

    /// <summary>Changelog records were applied.</summary>
    public void Restored(RestoreCounts restore, long count) => ApplicationMeter.Add(_restored, count, restore.Tags);

    private static IEnumerable<Measurement<int>> State(TaskCounts task) => [new(1, task.With("state", task.State))];
}

/// <summary>A store that catches up with its changelog.</summary>
/// <param name="application">The application.</param>
/// <param name="taskId">Its task.</param>
/// <param name="store">Its name.</param>
/// <param name="remaining">Changelog records to be applied.</param>
internal sealed class RestoreCounts(KeyValuePair<string, object?> application, TaskId taskId, string store, Func<long> remaining)
    : Counts(application, new("streamflow.task.id", taskId.ToString()), new("store", store))
{
    public Func<long> Remaining => remaining;
}

/// <summary>Which records the tasks of an application are at.</summary>
/// <param name="seconds">How long they have been.</param>
/// <param name="offsets">Those they finished last.</param>
internal sealed class StepCounts(
    Func<IEnumerable<Measurement<double>>> seconds, Func<IEnumerable<Measurement<long>>> offsets) : Counts
{
    public Func<IEnumerable<Measurement<double>>> Seconds => seconds;

    public Func<IEnumerable<Measurement<long>>> Offsets => offsets;
}
