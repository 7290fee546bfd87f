namespace StreamFlow.Testing.Tests.Differential;

/// <content>Suppression, cogroups, joins by foreign keys and with global tables.</content>
internal sealed partial class ProgramGenerator
{
    /// <summary>
    /// The value before an update that was held back is another one in Kafka Streams, and of sessions and sliding windows it may send
    /// several final results (X4): so neither those, nor what shows values before.
    /// </summary>
    private bool Suppress(string name)
    {
        var kind = name == "suppress" ? FlowKind.Table : FlowKind.Windowed;
        if (Find(kind, f => !f.IsVersioned && !f.HasOwnOldValues && (kind == FlowKind.Table || Ends(f.Id))) is not { } held)
        {
            return false;
        }

        Add(name, kind == FlowKind.Table ? [$"{Pick(0, 4, 10)}"] : [], [held], kind, held.Ways);
        _flows[^1] = _flows[^1] with { IsLate = true, HasOwnOldValues = true };
        return true;
    }

    /// <summary>Whether the windows have an end; unlimited ones do not, and have no grace to wait for.</summary>
    private bool Ends(string id)
    {
        var node = _nodes.Find(n => n.Id == id)!;
        return node.Operator == "wagg" ? node.Arguments[2] != "unlimited" : Ends(node.Parents[0]);
    }

    private bool Cogroup()
    {
        var one = Find(FlowKind.Stream, f => !f.IsUntimed);
        // Two groups without names that both need a topic do not build there (Z3).
        var other = Find(FlowKind.Stream, f => !f.IsUntimed && !f.IsRekeyed);
        var grouping = Chance(50) ? "-" : Pick(Keys);
        if (one is null || other is null
            || Flow.Meet(one.WaysThrough(NextId(), always: grouping != "-"), other.Ways) is not { } ways)
        {
            return false;
        }

        Add("cogroup", [Pick("cached", "plain"), grouping, "-"], [one, other], FlowKind.Table, ways);
        return true;
    }

    private bool JoinByForeignKey()
    {
        var left = Find(FlowKind.Table, f => !f.HasOwnOldValues);
        var right = Find(FlowKind.Table, f => f != left && !f.HasOwnOldValues);
        // What goes to both sides comes back by two topics.
        if (left is null || right is null || left.Ways.Keys.Intersect(right.Ways.Keys).Any())
        {
            return false;
        }

        var ways = left.WaysThrough(NextId(), always: true).Concat(right.WaysThrough(NextId(), always: true));
        Add("fkjoin", [Pick("inner", "left"), Pick("first", "len")], [left, right], FlowKind.Table, ways.ToDictionary());
        return true;
    }

    private bool JoinGlobal()
    {
        var stream = Find(FlowKind.Stream, f => !f.IsUntimed);
        if (stream is null || Find(FlowKind.Global) is not { } table)
        {
            return false;
        }

        Add("gjoin", [Pick("inner", "left"), Pick("swap", "one", "first")], [stream, table], FlowKind.Stream, stream.Ways, stream.IsRekeyed);
        return true;
    }
}
