namespace StreamFlow.Testing.Tests.Differential;

/// <summary>What of a flow is the same, whichever task of several comes first.</summary>
internal enum Sameness
{
    /// <summary>Nothing that could be compared.</summary>
    None,

    /// <summary>The last record of each key.</summary>
    Last,

    /// <summary>All records, in some order.</summary>
    Bag,

    /// <summary>All records, and the order of those of a key.</summary>
    Keyed,

    /// <summary>All records, and the order of all those of a task: it reads nothing that other tasks write.</summary>
    Task,
}

/// <summary>How much of a flow is certain where tasks run beside each other.</summary>
internal sealed record Certainty(Sameness Same)
{
    public static Certainty None { get; } = new(Sameness.None);

    /// <summary>Keys were changed since the last repartition, or may have been.</summary>
    public bool IsRekeyed { get; init; }

    /// <summary>Records of one key may come from several tasks.</summary>
    public bool HasNewKeys { get; init; }

    /// <summary>Which record was the last to change a result is certain, and with it the time of the result.</summary>
    public bool HasTimes { get; init; } = true;

    public bool HasHeaders { get; init; } = true;

    /// <summary>
    /// Its records come when a later one lets them out. What knows of lateness and sees them beside others depends on which
    /// of them come first.
    /// </summary>
    public bool IsHeldBack { get; init; }

    /// <summary>There may be deletions of rows that never were there but for a moment.</summary>
    public bool HasDeletions { get; init; }

    /// <summary>Whether a change of key leaves anything certain: of updates the last one is that of the old key.</summary>
    public Certainty WithNewKeys() => this with
    {
        Same = Same switch { Sameness.Keyed => Sameness.Bag, Sameness.Last => Sameness.None, _ => Same },
        IsRekeyed = true,
        HasNewKeys = true,
    };

    /// <summary>Behind a repartition topic: other tasks write to it, too, each its records in their order.</summary>
    public Certainty Through() => this with
    {
        Same = Same != Sameness.Task ? Same : HasNewKeys ? Sameness.Bag : Sameness.Keyed,
        IsRekeyed = false,
        HasNewKeys = false,
    };

    public Certainty Repartitioned() => IsRekeyed ? Through() : this;

    public Certainty AtMost(Sameness most) => Same <= most ? this : this with { Same = most, HasHeaders = HasHeaders && most > Sameness.Last };
}
