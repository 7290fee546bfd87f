namespace StreamFlow.Measuring;

/// <summary>Counts of one task.</summary>
/// <param name="application">The application.</param>
/// <param name="taskId">The task.</param>
internal sealed class TaskCounts(KeyValuePair<string, object?> application, TaskId taskId)
    : Counts(application, new("streamflow.task.id", taskId.ToString()))
{
    private volatile string _state = "created";

    /// <summary>Where it is in its life.</summary>
    public string State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>Time that its thread has been at its records.</summary>
    public TimeSpan Processing { get; set; }

    /// <summary>Largest event time so far, in milliseconds since 1970-01-01T00:00Z; -1 before the first record.</summary>
    public long StreamTime { get; set; } = -1;
}
