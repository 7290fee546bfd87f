using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>An input partition of a task when it starts to run.</summary>
/// <param name="PlanTopic">Name of the topic as in the plan, without the application id.</param>
/// <param name="Reader">Its records.</param>
/// <param name="Committed">The committed offset, -1 when there is none, and its metadata.</param>
internal readonly record struct TaskInput(string PlanTopic, PartitionReader Reader, PartitionOffset Committed)
{
    /// <summary>What is committed beside its positions.</summary>
    public PositionNotes Notes { get; init; } = new(string.Empty, string.Empty);

    /// <summary>Looks where its keys lie; null: nobody minds.</summary>
    public KeyPlacement? Placement { get; init; }
}
