namespace StreamFlow.Runtime;

/// <summary>What moves a task from state to state.</summary>
internal enum TaskEvent
{
    /// <summary>The stores are open and some lag behind their changelogs.</summary>
    RestoreNeeded,

    /// <summary>The stores are complete, or there are none.</summary>
    Ready,

    /// <summary>What is uncommitted is given up; the task goes back to its last commit.</summary>
    Rewind,

    /// <summary>The task moves away, its thread ends, or its state is unusable.</summary>
    Close,
}

/// <summary>The life of a task as a table; docs/ARCHITECTURE.md shows it.</summary>
internal static class TaskStates
{
    /// <summary>The state after an event, or null when the event is not allowed there.</summary>
    public static TaskState? Next(TaskState state, TaskEvent happened) => (state, happened) switch
    {
        (TaskState.Created, TaskEvent.RestoreNeeded) => TaskState.Restoring,
        (TaskState.Created or TaskState.Restoring, TaskEvent.Ready) => TaskState.Running,
        (TaskState.Running, TaskEvent.Rewind) => TaskState.Created,
        (TaskState.Created or TaskState.Restoring or TaskState.Running, TaskEvent.Close) => TaskState.Closed,
        _ => null,
    };
}
