using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using StreamFlow.Measuring;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>
/// Looks every second whether the threads of an application move: that a thread lives says nothing about an operator that
/// never returns. Tells of one that does not, at <see cref="StreamFlowOptions.ProgressTimeout"/>, at twice that, and so on, and
/// when it goes on; and shows, as metrics, how long each task has been at which record.
/// </summary>
internal sealed class ProgressWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly StreamThreads _threads;
    private readonly Func<GlobalThread?> _globals;
    private readonly StreamFlowOptions _options;
    private readonly ILogger _logger;
    private readonly TaskInstruments _instruments;
    private readonly StepCounts _counts;
    private readonly StuckPartitions _partitions;
    private readonly Dictionary<object, Stall> _stalls = [];
    private readonly ITimer _timer;
    private int _isLooking;

    /// <param name="threads">The stream threads.</param>
    /// <param name="globals">The thread of global tables, once there is one.</param>
    /// <param name="options">The application's settings.</param>
    /// <param name="services">Clock, log and meter.</param>
    public ProgressWatch(
        StreamThreads threads, Func<GlobalThread?> globals, StreamFlowOptions options, ThreadServices services)
    {
        _threads = threads;
        _globals = globals;
        _options = options;
        _logger = services.Logger;
        _instruments = services.Meter.Tasks;
        _counts = new StepCounts(Seconds, Offsets);
        _instruments.Steps.Add(_counts);
        _partitions = new StuckPartitions(services.Meter.Sources, options, services.Time, services.Logger);
        _timer = services.Time.CreateTimer(static watch => ((ProgressWatch)watch!).Look(), this, Interval, Interval);
    }

    /// <summary>Partitions of this instance that get records and have none processed.</summary>
    public IReadOnlyList<UnreadPartition> Stuck => _partitions.Stuck;

    public void Dispose()
    {
        _timer.Dispose();
        _instruments.Steps.Remove(_counts);
    }

    /// <summary>How many seconds each task has been at the record it is at; 0 when it is at none.</summary>
    public IEnumerable<Measurement<double>> Seconds() =>
        from thread in _threads.Living
        let step = thread.Steps.Look()
        from task in thread.Status.Tasks
        let isAt = step.Work.Kind != WorkKind.Poll && step.Work.TaskId == task.TaskId
        select new Measurement<double>(isAt ? step.Lasts.TotalSeconds : 0, Tags(task, isAt ? step.Work.Record : null));

    /// <summary>The offset of the record that each task finished last.</summary>
    public IEnumerable<Measurement<long>> Offsets() =>
        from thread in _threads.Living
        from task in thread.Status.Tasks
        let record = task.LastRecord
        where record is not null
        select new Measurement<long>(record.GetValueOrDefault().Offset, Tags(task, record));

    private void Look()
    {
        // A log that is slow must not be asked by one timer after the other.
        if (Interlocked.Exchange(ref _isLooking, 1) == 1)
        {
            return;
        }

        try
        {
            var living = _threads.Living;
            var globals = _globals();
            foreach (var gone in _stalls.Keys.Where(thread => thread != globals).Except(living).ToList())
            {
                _stalls.Remove(gone);
            }

            foreach (var thread in living)
            {
                Look(thread, thread.Name, thread.Steps);
            }

            if (globals is not null)
            {
                Look(globals, globals.Name, globals.Steps);
            }

            _partitions.Look();
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private void Look(object thread, string name, StepWatch steps)
    {
        var (work, lasts) = steps.Look();
        var isKnown = _stalls.TryGetValue(thread, out var stall);
        if (isKnown && stall.Work.Mark != work.Mark)
        {
            ThreadLog.GoesOn(_logger, name, stall.Work.ToString(), stall.Lasts);
            _stalls.Remove(thread);
            isKnown = false;
        }

        var next = isKnown ? stall.Next : _options.ProgressTimeout;
        if (lasts >= next)
        {
            ThreadLog.Stalled(_logger, name, work.ToString(), lasts);
            next = lasts * 2;
        }

        if (lasts >= _options.ProgressTimeout)
        {
            _stalls[thread] = new Stall(work, lasts, next);
        }
    }

    private TagList Tags(StreamTaskStatus task, RecordPosition? position)
    {
        var tags = new TagList
        {
            { "streamflow.application.id", _options.ApplicationId },
            { "streamflow.task.id", task.TaskId.ToString() },
        };
        if (position is { } record)
        {
            tags.Add("topic", record.Partition.Topic);
            tags.Add("partition", record.Partition.Partition);
        }

        return tags;
    }

    /// <param name="Work">What the thread is at.</param>
    /// <param name="Lasts">For how long, when it was last seen.</param>
    /// <param name="Next">After how long it is told of again.</param>
    private readonly record struct Stall(Work Work, TimeSpan Lasts, TimeSpan Next);
}
