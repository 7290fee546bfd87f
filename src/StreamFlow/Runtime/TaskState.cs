namespace StreamFlow;

/// <summary>Where a task is in its life.</summary>
public enum TaskState
{
    /// <summary>Assigned; its stores are not open yet.</summary>
    Created,

    /// <summary>Its stores are being filled from their changelogs.</summary>
    Restoring,

    /// <summary>It processes records.</summary>
    Running,

    /// <summary>It has given up its stores and partitions.</summary>
    Closed,
}
