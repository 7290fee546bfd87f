namespace StreamFlow;

/// <summary>A task as it is at one moment.</summary>
/// <param name="TaskId">The task.</param>
/// <param name="State">Where it is in its life.</param>
public sealed record StreamTaskStatus(TaskId TaskId, TaskState State);

/// <summary>A stream thread as it is at one moment.</summary>
/// <param name="Name">Name of the thread.</param>
/// <param name="IsSettled">Whether it has joined its group and all its tasks are running.</param>
/// <param name="HasJoined">Whether the group has answered at least once.</param>
/// <param name="RestoreRemaining">Changelog records still to be applied; an estimate.</param>
/// <param name="Tasks">Its tasks.</param>
public sealed record ThreadStatus(
    string Name, bool IsSettled, bool HasJoined, long RestoreRemaining, IReadOnlyList<StreamTaskStatus> Tasks);

/// <summary>An application as it is at one moment.</summary>
/// <param name="State">Where it is in its life.</param>
/// <param name="Threads">Its living stream threads.</param>
/// <param name="Error">What stopped it or its last failed thread; null while nothing did.</param>
public sealed record StreamsStatus(StreamsState State, IReadOnlyList<ThreadStatus> Threads, Exception? Error)
{
    /// <summary>
    /// What somebody has to mend although the application runs: strangers in its group, instances with another topology, source
    /// topics that are gone. Each names who or what it is, and the remedy; each is logged as an error when it is first seen.
    /// </summary>
    /// <value>Empty.</value>
    public IReadOnlyList<string> Problems { get; init; } = [];
}
