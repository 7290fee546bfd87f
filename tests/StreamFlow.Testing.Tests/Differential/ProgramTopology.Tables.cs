namespace StreamFlow.Testing.Tests.Differential;

/// <content>Tables and joins.</content>
internal sealed partial class ProgramTopology
{
    private bool AddTable(string id, string name, string[] a, string[] parents)
    {
        var table = parents.Length > 0 ? _tables.GetValueOrDefault(parents[0]) : null;
        KTable<string, string>? made = name switch
        {
            "table" => _builder.Table<string, string>(a[0], materialized: Store(id, a[1])),
            "versioned" => _builder.Table<string, string>(
                a[0], materialized: new() { Name = id + "-store", History = Milliseconds(a[1]) }),
            "toTable" => _streams[parents[0]].ToTable(Store(id, a[0])),
            "tfilter" => table!.Filter((k, v) => Functions.Test(a[0], k, v), Store(id, a[1])),
            "tmap" => table!.MapValues((_, v) => Functions.Change(a[0], v), Store(id, a[1])),
            "agg" => Aggregate(a[0], a[1], Group(a[2], parents[0])),
            "tgroup" => Regroup(a[0], a[1], a[2], table!),
            "suppress" => table!.Suppress(Suppressed.UntilTimeLimit(Milliseconds(a[0]))),
            "cogroup" => Cogroup(a, Group(a[1], parents[0]), Group(a[2], parents[1])),
            "fkjoin" => JoinByForeignKey(a, table!, _tables[parents[1]]),
            _ => null,
        };
        if (made is not null)
        {
            _tables.Add(id, made);
        }

        return made is not null;
    }

    private bool AddJoin(string id, string name, string[] a, string[] parents)
    {
        if (name == "ttjoin")
        {
            var (left, right, store) = (_tables[parents[0]], _tables[parents[1]], Store(id, a[1]));
            _tables.Add(id, a[0] switch
            {
                "inner" => left.Join(right, (l, r) => Functions.Pair(l, r), store),
                "left" => left.LeftJoin(right, (l, r) => Functions.Pair(l, r?.Value), store),
                _ => left.OuterJoin(right, (l, r) => Functions.Pair(l?.Value, r?.Value), store),
            });
        }
        else if (name == "stjoin")
        {
            var (stream, table) = (_streams[parents[0]], _tables[parents[1]]);
            _streams.Add(id, a[0] == "inner"
                ? stream.Join(table, (l, r) => Functions.Pair(l, r))
                : stream.LeftJoin(table, (l, r) => Functions.Pair(l, r?.Value)));
        }
        else if (name == "ssjoin")
        {
            var windows = JoinWindows.Of(Milliseconds(a[1]), Milliseconds(a[3])) with { After = Milliseconds(a[2]) };
            var (left, right) = (_streams[parents[0]], _streams[parents[1]]);
            _streams.Add(id, a[0] switch
            {
                "inner" => left.Join(right, (l, r) => Functions.Pair(l, r), windows),
                "left" => left.LeftJoin(right, (l, r) => Functions.Pair(l, r?.Value), windows),
                _ => left.OuterJoin(right, (l, r) => Functions.Pair(l?.Value, r?.Value), windows),
            });
        }

        return name is "ttjoin" or "stjoin" or "ssjoin" || AddGlobal(id, name, a, parents);
    }

    private bool AddGlobal(string id, string name, string[] a, string[] parents)
    {
        if (name == "global")
        {
            _globals.Add(id, _builder.GlobalTable<string, string>(a[0]));
        }
        else if (name == "gjoin")
        {
            var (stream, table) = (_streams[parents[0]], _globals[parents[1]]);
            _streams.Add(id, a[0] == "inner"
                ? stream.Join(table, (k, v) => Functions.Key(a[1], k, v), (l, r) => Functions.Pair(l, r))
                : stream.LeftJoin(table, (k, v) => Functions.Key(a[1], k, v), (l, r) => Functions.Pair(l, r?.Value)));
        }

        return name is "global" or "gjoin";
    }

    private static KTable<string, string> JoinByForeignKey(string[] a, KTable<string, string> left, KTable<string, string> right) =>
        a[0] == "inner"
            ? left.Join(right, (_, v) => Functions.Key(a[1], null, v), (l, r) => Functions.Pair(l, r))
            : left.LeftJoin(right, (_, v) => Functions.Key(a[1], null, v), (l, r) => Functions.Pair(l, r?.Value));

    private static KTable<string, string> Aggregate(string kind, string caching, KGroupedStream<string, string> group) =>
        kind switch
        {
            "count" => group.Count(Cached<long>(caching)).MapValues(c => Functions.Number(c))!,
            "concat" => group.Reduce(Functions.Concat, Cached<string>(caching)),
            "max" => group.Reduce(Functions.Max, Cached<string>(caching)),
            "fall" => group.Reduce((x, y) => Functions.Change("drop", Functions.Concat(x, y)), Cached<string>(caching)),
            "add" => group.Aggregate<string>(() => null!, (_, v, sum) => Functions.Plus(v, sum), Cached<string>(caching)),
            "mix" => group.Aggregate<string>(() => null!, (_, v, sum) => Functions.Mixed(v, sum), Cached<string>(caching)),
            _ => throw new ArgumentException(kind),
        };

    private static KTable<string, string> Cogroup(
        string[] a, KGroupedStream<string, string> one, KGroupedStream<string, string> other) =>
        a.Length > 3
            ? one.Cogroup<string>((_, v, sum) => Functions.Mixed(v, sum)).Cogroup(other, (_, v, sum) => Functions.Mixed("*" + v, sum))
                .Aggregate(() => null!, Cached<string>(a[0]))
            : one.Cogroup<string>((_, v, sum) => Functions.Plus(v, sum)).Cogroup(other, (_, v, sum) => Functions.Times(v, sum))
                .Aggregate(() => null!, Cached<string>(a[0]));

    private static KTable<string, string> Regroup(string kind, string caching, string selector, KTable<string, string> table)
    {
        var group = table.GroupBy((k, v) => (Functions.Key(selector, k, v), v));
        return kind switch
        {
            "count" => group.Count(Cached<long>(caching)).MapValues(c => Functions.Number(c))!,
            "concat" => group.Reduce(Functions.Concat, (x, y) => Functions.Cut(x + "-" + y), Cached<string>(caching)),
            "add" => group.Aggregate<string>(
                () => null!, (_, v, sum) => Functions.Plus(v, sum), (_, v, sum) => Functions.Minus(v, sum), Cached<string>(caching)),
            "mix" => group.Aggregate<string>(
                () => null!, (_, v, sum) => Functions.Mixed(v, sum), (_, v, sum) => Functions.Unmixed(v, sum)!, Cached<string>(caching)),
            _ => throw new ArgumentException(kind),
        };
    }
}
