namespace StreamFlow.Reactive;

/// <summary>How Rx operators run between two topics.</summary>
public sealed record StageOptions
{
    /// <summary>The group whose members share the partitions out, and by which a stage that starts again goes on where it was.</summary>
    public required string GroupId { get; init; }

    /// <summary>How often positions are committed, after all that was emitted until then is acknowledged.</summary>
    /// <value>Default: 1 second.</value>
    public TimeSpan CommitInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The clock of the commits.</summary>
    /// <value>Default: that of the system.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal StageOptions Checked()
    {
        ArgumentException.ThrowIfNullOrEmpty(GroupId, nameof(GroupId));
        ArgumentNullException.ThrowIfNull(Time, nameof(Time));
        return CommitInterval > TimeSpan.Zero
            ? this
            : throw OptionErrors.Refuse(nameof(CommitInterval), CommitInterval, "More than zero.");
    }
}
