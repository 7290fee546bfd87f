using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>Shows now and then, not for each record, how far a task is. On the task's thread.</summary>
internal sealed class TaskGauges(TaskContext context)
{
    /// <summary>Asking a client how far a partition reaches is a native call.</summary>
    private static readonly TimeSpan ShowInterval = TimeSpan.FromSeconds(1);

    /// <summary>A sample is two or three calls of whoever listens; more of them would tell no more.</summary>
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(10);

    private long _shown = context.Time.GetTimestamp();
    private long _sampled = context.Time.GetTimestamp();

    /// <summary>A run is over, or there was nothing to process.</summary>
    /// <param name="queues">The task's inputs.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public void Tell(InputQueues queues, long now)
    {
        if (context.Time.GetElapsedTime(_sampled, now) >= SampleInterval)
        {
            _sampled = now;
            context.Metrics.Sample();
        }

        if (context.Time.GetElapsedTime(_shown, now) >= ShowInterval)
        {
            Show(queues);
        }
    }

    /// <summary>What waited for the commit has gone out.</summary>
    public void Show(InputQueues queues)
    {
        _shown = context.Time.GetTimestamp();
        context.Metrics.Counts.StreamTime = context.StreamTime;
        context.Metrics.Sample();
        for (var i = 0; i < queues.All.Count; i++)
        {
            queues.All[i].ShowCounts();
        }
    }
}
