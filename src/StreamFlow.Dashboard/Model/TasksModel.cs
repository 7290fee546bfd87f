namespace StreamFlow.Dashboard;

/// <summary>Who does what: instances, threads, tasks, and how they have moved.</summary>
internal sealed record TasksModel(
    IReadOnlyList<InstanceModel> Instances, IReadOnlyList<ThreadModel> Threads, IReadOnlyList<TaskModel> Tasks,
    IReadOnlyList<RebalanceModel> Rebalances);

/// <summary>A process that takes part in the application.</summary>
internal sealed record InstanceModel(string ClientId, string? Host, bool IsSelf, IReadOnlyList<string> Threads);

/// <summary>A stream thread of this instance.</summary>
internal sealed record ThreadModel(
    string Name, string Instance, string State, double? CommitAgeSeconds, IReadOnlyDictionary<string, double> Shares, string? Stalled);

/// <summary>A task; of another instance only what the group tells.</summary>
internal sealed record TaskModel(string Id, int Subtopology, int Partition, string? Thread, string? Instance, string Role, string State)
{
    public long? Lag { get; init; }

    public IReadOnlyList<TaskInputModel> Inputs { get; init; } = [];

    public RestoreModel? Restore { get; init; }

    public DateTimeOffset? LastRecordAt { get; init; }

    public DateTimeOffset? LastCommitAt { get; init; }

    public DateTimeOffset? MovedAt { get; init; }

    public long? Processed { get; init; }
}

/// <summary>How far a task is in an input partition.</summary>
internal sealed record TaskInputModel(string Topic, int Partition, long? Position, long? End, long? Lag);

/// <summary>How far a task's stores are restored.</summary>
internal sealed record RestoreModel(long Remaining, long Restored, double? SecondsLeft);

/// <summary>A rebalance as one thread has seen it; tasks by their ids.</summary>
internal sealed record RebalanceModel(
    DateTimeOffset At, string Thread, IReadOnlyList<string> Assigned, IReadOnlyList<string> Revoked, IReadOnlyList<string> Lost,
    double? PauseSeconds);
