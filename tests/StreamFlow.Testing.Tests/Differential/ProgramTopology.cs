using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>A program in StreamFlow's DSL, operator by operator what RandomPrograms.java builds.</summary>
internal sealed partial class ProgramTopology
{
    /// <summary>
    /// Longer than any program: results on window close are read back from a store by Kafka Streams, and are missing where it
    /// keeps them shorter (X1, X2 in docs/guide/differences.md).
    /// </summary>
    private static readonly TimeSpan Kept = Milliseconds("1000000");

    private readonly StreamsBuilder _builder = new();
    private readonly Dictionary<string, KStream<string, string>> _streams = [];
    private readonly Dictionary<string, KTable<string, string>> _tables = [];
    private readonly Dictionary<string, KTable<Windowed<string>, string>> _windowed = [];
    private readonly Dictionary<string, GlobalKTable<string, string>> _globals = [];

    public static Topology Build(RandomProgram program, TopologyOptimization optimization = TopologyOptimization.None)
    {
        var built = new ProgramTopology();
        foreach (var node in program.Nodes)
        {
            if (!built.AddStateless(node.Id, node.Operator, node.Arguments, node.Parents)
                && !built.AddTable(node.Id, node.Operator, node.Arguments, node.Parents)
                && !built.AddJoin(node.Id, node.Operator, node.Arguments, node.Parents))
            {
                built.AddWindowed(node.Id, node.Operator, node.Arguments, node.Parents);
            }
        }

        return built._builder.Build(new TopologyOptions { Optimization = optimization });
    }

    private bool AddStateless(string id, string name, string[] a, string[] parents)
    {
        var stream = parents.Length > 0 ? _streams.GetValueOrDefault(parents[0]) : null;
        KStream<string, string>? made = name switch
        {
            "stream" => _builder.Stream<string, string>(a[0]),
            "filter" => stream!.Filter((k, v) => Functions.Test(a[0], k, v)),
            "filterNot" => stream!.FilterNot((k, v) => Functions.Test(a[0], k, v)),
            "mapValues" => stream!.MapValues(v => Functions.Change(a[0], v)!),
            "mapValuesK" => stream!.MapValues((k, v) => Functions.KeyAndValue(k, v)),
            "map" => stream!.Map((k, v) => (Functions.Key(a[0], k, v)!, Functions.Change(a[1], v)!)),
            "selectKey" => stream!.SelectKey((k, v) => Functions.Key(a[0], k, v)!),
            "flatMap" => stream!.FlatMap((k, v) => Twice(a[0], k, v)),
            "flatMapValues" => stream!.FlatMapValues(
                v => Functions.Hash(v) % 3 == 0 ? [] : (string[])[v, Functions.Change("app", v)!]),
            "merge" => stream!.Merge(_streams[parents[1]]),
            "processValues" => stream!.ProcessValues(() => new Values()),
            "process" => stream!.Process(() => new Records()),
            "repartition" => stream!.Repartition(),
            "toStream" => _tables[parents[0]].ToStream(),
            "wstream" => _windowed[parents[0]].ToStream((k, _) => string.Create(
                CultureInfo.InvariantCulture, $"{k.Key}[{k.Window.Start}/{k.Window.End}]")),
            "wkey" => _windowed[parents[0]].ToStream((k, _) => k.Key),
            _ => null,
        };
        if (made is not null)
        {
            _streams.Add(id, made);
        }

        return made is not null || AddEnd(id, name, a, stream);
    }

    private bool AddEnd(string id, string name, string[] a, KStream<string, string>? stream)
    {
        if (name == "to")
        {
            stream!.To(a[0]);
        }
        else if (name == "split")
        {
            var branches = stream!.Split(id + "-")
                .Branch((k, v) => Functions.Test(a[0], k, v), new() { Name = "1" })
                .Branch((k, v) => Functions.Test(a[1], k, v), new() { Name = "2" })
                .DefaultBranch(new() { Name = "3" });
            foreach (var number in (string[])["1", "2", "3"])
            {
                _streams.Add(id + "." + number, branches[id + "-" + number]);
            }
        }

        return name is "to" or "split";
    }

    private static (string, string)[] Twice(string selector, string? key, string? value) =>
        Functions.Hash(value) % 3 == 0
            ? []
            : [(key!, value!), (Functions.Key(selector, key, value)!, Functions.Change("app", value)!)];

    private KGroupedStream<string, string> Group(string selector, string stream) =>
        selector == "-" ? _streams[stream].GroupByKey() : _streams[stream].GroupBy((k, v) => Functions.Key(selector, k, v));

    private static Materialized<string, T> Cached<T>(string caching) => new() { CachingEnabled = caching == "cached" };

    private static Materialized<string, string>? Store(string id, string store) =>
        store == "store" ? new() { Name = id + "-store" } : null;

    private static TimeSpan Milliseconds(string text) =>
        TimeSpan.FromMilliseconds(long.Parse(text, CultureInfo.InvariantCulture));

    private sealed class Values : ContextualFixedKeyProcessor<string, string, string>
    {
        public override void Process(FixedKeyRecord<string, string> record) =>
            Context.Forward(record.WithValue(Functions.Stamped(record.HasValue ? record.Value : null, record.Timestamp)));
    }

    private sealed class Records : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) =>
            Context.Forward(record.WithValue(Functions.Stamped(record.HasValue ? record.Value : null, record.Timestamp)));
    }
}
