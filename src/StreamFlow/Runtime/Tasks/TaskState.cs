namespace StreamFlow;

/// <summary>Where a task is in its life.</summary>
public enum TaskState
{
    /// <summary>Assigned, or gone back to its last commit after an abort; not processing.</summary>
    Created,

    /// <summary>Its stores are being filled from their changelogs.</summary>
    Restoring,

    /// <summary>It processes records.</summary>
    Running,

    /// <summary>It has given up its stores and partitions.</summary>
    Closed,
}
