namespace StreamFlow.Testing.Tests.Differential;

internal enum FlowKind
{
    Stream,
    Table,
    Windowed,
    Global,
}

/// <summary>What comes out of a node, as far as the generator has to know it.</summary>
internal sealed record Flow(string Id, FlowKind Kind)
{
    /// <summary>By source topic, through which repartition topics its records come.</summary>
    public IReadOnlyDictionary<string, string> Ways { get; init; } = new Dictionary<string, string>();

    /// <summary>Keys were changed since the last repartition.</summary>
    public bool IsRekeyed { get; init; }

    /// <summary>Records may be older than others before.</summary>
    public bool IsLate { get; init; }

    /// <summary>Times may be odd numbers; those of inputs never are.</summary>
    public bool HasOddTimes { get; init; }

    /// <summary>Its rows have a history, which cannot be suppressed.</summary>
    public bool IsVersioned { get; init; }

    /// <summary>When its results come is not compared, see <see cref="RandomProgram.UntimedSinks"/>.</summary>
    public bool IsUntimed { get; init; }

    /// <summary>The values before its updates are not those of Kafka Streams, so nothing that shows them is put behind it.</summary>
    public bool HasOwnOldValues { get; init; }

    /// <summary>It comes from here through a repartition topic of a node, if it has to.</summary>
    public IReadOnlyDictionary<string, string> WaysThrough(string node, bool always = false) =>
        IsRekeyed || always ? Ways.ToDictionary(w => w.Key, w => w.Value + ">" + node) : Ways;

    /// <summary>
    /// The ways of two flows that meet, or null where one record may come to the meeting by two ways: which of two topics is
    /// read first is not defined, on a cluster it is a race.
    /// </summary>
    public static IReadOnlyDictionary<string, string>? Meet(
        IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other)
    {
        if (one.Any(w => other.TryGetValue(w.Key, out var way) && way != w.Value))
        {
            return null;
        }

        return one.Concat(other.Where(w => !one.ContainsKey(w.Key))).ToDictionary(w => w.Key, w => w.Value);
    }
}
