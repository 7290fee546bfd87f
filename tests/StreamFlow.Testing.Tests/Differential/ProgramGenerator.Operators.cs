namespace StreamFlow.Testing.Tests.Differential;

/// <content>Which operators find which parents.</content>
internal sealed partial class ProgramGenerator
{
    private static readonly string[] Tests = ["even", "low", "some", "most"];
    private static readonly string[] Changes = ["app", "len", "drop", "wake", "half"];
    private static readonly string[] Keys = ["first", "len", "swap", "one"];

    private bool TryAdd(string name) => name switch
    {
        "suppress" or "wsuppress" => Suppress(name),
        "cogroup" => Cogroup(),
        "fkjoin" => JoinByForeignKey(),
        "gjoin" => JoinGlobal(),
        "tfilter" or "tmap" or "tgroup" or "ttjoin" or "toStream" or "stjoin" => AddWithTable(name),
        "wfilter" or "wmap" or "wstream" or "wkey" => AddWithWindows(name),
        "merge" or "ssjoin" => AddWithTwo(name),
        "agg" or "wagg" or "toTable" => AddStateful(name),
        _ => AddStateless(name),
    };

    private bool AddStateless(string name)
    {
        // Two of them double everything twice; more only make long outputs.
        if (name == "flatMap" && _nodes.Count(n => n.Operator.StartsWith("flatMap", StringComparison.Ordinal)) > 1)
        {
            return false;
        }

        // An untimed stream goes to a sink by the shortest way: state behind it would depend on the order.
        var stream = Find(FlowKind.Stream, f => !f.IsUntimed || name is not ("repartition" or "split"))!;
        var rekeys = name is "map" or "selectKey" or "flatMap" or "process";
        if (stream is null)
        {
            return false;
        }

        if (name == "split")
        {
            Split(stream);
            return true;
        }

        string[] arguments = name switch
        {
            "filter" or "filterNot" => [Pick(Tests)],
            "mapValues" => [Pick(Changes)],
            "map" => [Pick(Keys), Pick(Changes)],
            "selectKey" or "flatMap" => [Pick(Keys)],
            _ => [],
        };
        var ways = name == "repartition" ? stream.WaysThrough(NextId(), always: true) : stream.Ways;
        Add(name, arguments, [stream], FlowKind.Stream, ways, (stream.IsRekeyed && name != "repartition") || rekeys);
        return true;
    }

    private void Split(Flow stream)
    {
        Add("split", [Pick(Tests), Pick(Tests)], [stream], FlowKind.Stream, stream.Ways, stream.IsRekeyed);
        var flow = _flows[^1];
        _flows.RemoveAt(_flows.Count - 1);
        _flows.AddRange(Enumerable.Range(1, 3).Select(i => flow with { Id = $"{flow.Id}.{i}" }));
    }

    private bool AddStateful(string name)
    {
        if (Find(FlowKind.Stream, f => !f.IsUntimed) is not { } stream)
        {
            return false;
        }

        var grouping = Chance(50) ? "-" : Pick(Keys);
        var ways = stream.WaysThrough(NextId(), always: grouping != "-" && name != "toTable");
        if (name == "toTable")
        {
            Add(name, [Pick("store", "plain")], [stream], FlowKind.Table, ways);
        }
        else if (name == "agg")
        {
            var (kind, caching) = (Pick("count", "concat", "max", "fall", "add"), Pick("cached", "plain"));
            // With the record cache a deletion by a late record has the time of that record in Kafka Streams, here that of the result.
            kind = kind == "fall" && _isCached && stream.IsLate ? "max" : kind;
            Add(name, [kind, caching, grouping], [stream], FlowKind.Table, ways);
        }
        else
        {
            return AddWindows(stream, grouping, ways);
        }

        return true;
    }

    private bool AddWindows(Flow stream, string grouping, IReadOnlyDictionary<string, string> ways)
    {
        var kind = Pick("count", "concat", "add");
        var window = Pick("tumbling", "hopping", "sliding", "session", "unlimited");
        // A record exactly gap and grace behind the latest begins its session anew in Kafka Streams (C50, X3): with even times
        // and odd sums there is none.
        if (window == "session" && stream.HasOddTimes)
        {
            return false;
        }

        // Closed sessions that are kept longer, or in the record cache, are opened again by late records there (C41, Z4).
        var mayClose = window != "unlimited" && (window != "session" || !stream.IsLate);
        var mayCache = !_isCached || window != "session" || !stream.IsLate;
        var closes = mayClose && Chance(35);
        var text = window switch
        {
            "tumbling" => $"tumbling:10:{Pick(0, 4, 20)}",
            "hopping" => $"hopping:10:{Pick(0, 4, 20)}:{Pick(4, 5)}",
            "sliding" => $"sliding:{Pick(4, 10)}:{Pick(0, 4, 20)}",
            "session" => $"session:{Pick(3, 7)}:{Pick(0, 4, 20)}",
            _ => window,
        };
        var caching = mayCache ? Pick("cached", "plain") : "plain";
        Add("wagg", [kind, caching, text, closes ? "close" : "update", grouping], [stream], FlowKind.Windowed, ways);
        _flows[^1] = _flows[^1] with
        {
            HasOwnOldValues = window is "session" or "sliding",
            IsLate = stream.IsLate || closes,
            HasOddTimes = stream.HasOddTimes || closes,
        };
        return true;
    }

    private bool AddWithWindows(string name)
    {
        // The second record of a session of one moment comes without the value before in Kafka Streams, and the first of a sliding
        // window with the value that it was begun with (Z5); a filter shows it.
        if (Find(FlowKind.Windowed, f => name != "wfilter" || !f.HasOwnOldValues) is not { } windows)
        {
            return false;
        }

        string[] arguments = name switch { "wfilter" => [Pick(Tests)], "wmap" => [Pick(Changes)], _ => [] };
        var kind = name is "wstream" or "wkey" ? FlowKind.Stream : FlowKind.Windowed;
        Add(name, arguments, [windows], kind, windows.Ways, kind == FlowKind.Stream);
        return true;
    }

    private bool AddWithTable(string name)
    {
        // See Suppress.
        var showsOldValues = name is "tfilter" or "tgroup" or "ttjoin";
        if (Find(FlowKind.Table, f => !showsOldValues || !f.HasOwnOldValues) is not { } table)
        {
            return false;
        }

        switch (name)
        {
            case "stjoin":
                return JoinTable(table);
            case "ttjoin":
                return JoinTables(table);
            case "tgroup":
                var selector = Pick("first", "len", "swap", "one");
                Add(
                    name, [Pick("count", "concat", "add"), Pick("cached", "plain"), selector], [table], FlowKind.Table,
                    table.WaysThrough(NextId(), always: true));
                return true;
            case "toStream":
                Add(name, [], [table], FlowKind.Stream, table.Ways);
                return true;
            default:
                Add(name, [Pick(name == "tmap" ? Changes : Tests), Pick("store", "plain")], [table], FlowKind.Table, table.Ways);
                return true;
        }
    }

    private bool JoinTable(Flow table)
    {
        var stream = Find(FlowKind.Stream, f => !f.IsUntimed);
        if (stream?.WaysThrough(NextId()) is not { } ways || Flow.Meet(ways, table.Ways) is null)
        {
            return false;
        }

        Add("stjoin", [Pick("inner", "left")], [stream, table], FlowKind.Stream, ways);
        return true;
    }

    private bool JoinTables(Flow left)
    {
        // A change that reaches both sides of a join from one table leaves results of deleted rows in Kafka Streams, and tells values
        // before that never were. With the record cache it tells the result twice; here once.
        var right = Find(
            FlowKind.Table, f => f != left && !f.HasOwnOldValues && !f.Ways.Keys.Intersect(left.Ways.Keys).Any());
        if (right is null || Flow.Meet(left.Ways, right.Ways) is not { } ways)
        {
            return false;
        }

        Add("ttjoin", [Pick("inner", "left", "outer"), Pick("store", "plain")], [left, right], FlowKind.Table, ways);
        return true;
    }

    private bool AddWithTwo(string name)
    {
        // Merged with itself a stream comes twice here, once there; and one topic read twice is one stream there.
        var one = Find(FlowKind.Stream, f => name == "merge" || !f.IsUntimed);
        var other = Find(FlowKind.Stream, f => f != one && (name == "merge" || !f.IsUntimed));
        if (one is null || other is null)
        {
            return false;
        }

        if (name == "merge")
        {
            if (Flow.Meet(one.Ways, other.Ways) is not { } merged || (IsSource(one) && IsSource(other)))
            {
                return false;
            }

            Add(name, [], [one, other], FlowKind.Stream, merged, one.IsRekeyed || other.IsRekeyed);
            return true;
        }

        return JoinStreams(one, other);
    }

    private bool IsSource(Flow flow) => _nodes.Exists(n => n.Id == flow.Id && n.Operator == "stream");

    private bool JoinStreams(Flow left, Flow right)
    {
        // Each pair multiplies; two joins are enough.
        var ways = Flow.Meet(left.WaysThrough(NextId() + "l"), right.WaysThrough(NextId() + "r"));
        if (ways is null || _nodes.Count(n => n.Operator == "ssjoin") > 1)
        {
            return false;
        }

        // Of late records Kafka Streams tells "no match" while one may come (C64).
        var kind = left.IsLate || right.IsLate ? "inner" : Pick("inner", "left", "outer");
        // A side of 0 ends a millisecond early there.
        int before = Pick(2, 6, 10), after = kind == "inner" ? Pick(2, 6, 10) : before;
        Add("ssjoin", [kind, $"{before}", $"{after}", $"{Pick(0, 4, 20)}"], [left, right], FlowKind.Stream, ways);
        _flows[^1] = _flows[^1] with { IsLate = left.IsLate || right.IsLate || kind != "inner", IsUntimed = kind != "inner" };
        return true;
    }
}
