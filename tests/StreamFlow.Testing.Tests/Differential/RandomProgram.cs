using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>One operator of a program; its text is a line that RandomPrograms.java reads, too.</summary>
internal sealed record ProgramNode(string Id, string Operator, string[] Arguments, string[] Parents)
{
    public FlowKind Kind => Operator switch
    {
        "wagg" or "wfilter" or "wmap" or "wsuppress" => FlowKind.Windowed,
        "table" or "versioned" or "toTable" or "tfilter" or "tmap" or "tgroup" or "agg" or "cogroup" or "ttjoin" or "fkjoin"
            or "suppress" => FlowKind.Table,
        "global" => FlowKind.Global,
        _ => FlowKind.Stream,
    };

    public override string ToString() => string.Join(' ', [Id, Operator, .. Arguments, .. Parents]);
}

/// <summary>A record that goes in; one of the last lets out what waits for time to pass.</summary>
internal sealed record ProgramInput(string Topic, string? Key, string? Value, long Time, string? Header)
{
    /// <summary>Of those that let out what waits, whether it is one of the first or the second ones; 0 for all others.</summary>
    public int Round { get; init; }

    public bool IsLast => Round > 0;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Topic}|{Key ?? "_"}|{Value ?? "_"}|{Time}|{Header ?? "_"}");
}

/// <summary>A topology and what goes into it.</summary>
internal sealed record RandomProgram
{
    public required int Seed { get; init; }

    public required IReadOnlyList<ProgramNode> Nodes { get; init; }

    public required IReadOnlyList<ProgramInput> Inputs { get; init; }

    /// <summary>Bytes of the record cache; 0 sends every update.</summary>
    public required long Cache { get; init; }

    /// <summary>Kafka Streams' kind of store, <c>rocksDB</c> or <c>in_memory</c>.</summary>
    public required string Store { get; init; }

    /// <summary>Whether records come in the order of their times.</summary>
    public required bool InOrder { get; init; }

    /// <summary>Sinks of which what comes is compared, but not when.</summary>
    public IReadOnlySet<string> UntimedSinks => Untimed();

    /// <summary>The same at another time: brokers keep nothing that is as old as the times of programs.</summary>
    /// <param name="origin">Where time begins, of a length that all windows divide.</param>
    public RandomProgram Since(long origin) => this with { Inputs = [.. Inputs.Select(i => i with { Time = i.Time + origin })] };

    public string Text() => string.Join(
        '\n',
        [$"PROGRAM {Cache} {Store}", .. Nodes.Select(n => n.ToString()), "INPUT", .. Inputs.Select(i => i.ToString()), "END", ""]);

    /// <summary>
    /// A result without a match comes from Kafka Streams when its window is over by the side at hand, and the entry looked at
    /// last: docs/guide/differences.md, C64 and C65. Behind such a join only what comes is the same.
    /// </summary>
    private HashSet<string> Untimed()
    {
        var untimed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in Nodes)
        {
            if ((node.Operator == "ssjoin" && node.Arguments[0] != "inner")
                || node.Parents.Any(p => untimed.Contains(p.Split('.')[0])))
            {
                untimed.Add(node.Id);
            }
        }

        return Nodes.Where(n => n.Operator == "to" && untimed.Contains(n.Id)).Select(n => n.Arguments[0])
            .ToHashSet(StringComparer.Ordinal);
    }
}
