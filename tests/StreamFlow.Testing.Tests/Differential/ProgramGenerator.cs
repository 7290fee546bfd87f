using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>
/// Makes a program of a seed. What Kafka Streams does otherwise on purpose (docs/guide/differences.md) is left out here, each with
/// its reason, or compared by a rule of its own.
/// </summary>
internal sealed partial class ProgramGenerator
{
    private const int MaxOperators = 9;

    /// <summary>Operators by how often they are tried; one that finds no parents is tried again.</summary>
    private static readonly string[] Operators =
    [
        "filter", "filterNot", "mapValues", "mapValuesK", "map", "selectKey", "flatMap", "flatMapValues", "processValues", "process",
        "repartition", "split", "merge", "merge", "ssjoin", "ssjoin", "ssjoin", "stjoin", "stjoin", "stjoin", "toTable", "toTable",
        "agg", "agg", "agg", "wagg", "wagg", "wagg", "wagg", "tfilter", "tfilter", "tmap", "tmap", "tgroup", "tgroup", "tgroup",
        "ttjoin", "ttjoin", "ttjoin", "ttjoin", "toStream", "toStream", "wfilter", "wmap", "wstream", "wstream", "wkey", "wkey",
        "suppress", "suppress", "wsuppress", "cogroup", "cogroup", "fkjoin", "fkjoin", "gjoin",
    ];

    private readonly Random _random;
    private readonly List<ProgramNode> _nodes = [];
    private readonly List<Flow> _flows = [];
    private readonly bool _inOrder;
    private readonly bool _isCached;

    private ProgramGenerator(int seed)
    {
        _random = new Random(seed);
        _inOrder = _random.Next(5) < 2;
        _isCached = _random.Next(4) == 0;
    }

    /// <param name="seed">What it is made of.</param>
    /// <param name="factor">How many times more inputs than usual, of more keys.</param>
    public static RandomProgram Generate(int seed, int factor = 1)
    {
        var generator = new ProgramGenerator(seed);
        generator.AddSources();
        for (int tries = 0, limit = 2 + generator._random.Next(MaxOperators); tries < 100 && limit > 0; tries++)
        {
            limit -= generator.TryAdd(generator.Pick(Operators)) ? 1 : 0;
        }

        generator.AddSinks();
        return new RandomProgram
        {
            Seed = seed,
            Nodes = generator._nodes,
            Inputs = generator.Inputs(factor),
            Cache = generator._isCached ? 10_000_000 : 0,
            Store = generator._random.Next(6) == 0 ? "rocksDB" : "in_memory",
            InOrder = generator._inOrder,
        };
    }

    private T Pick<T>(params IReadOnlyList<T> choices) => choices[_random.Next(choices.Count)];

    private bool Chance(int percent) => _random.Next(100) < percent;

    private void AddSources()
    {
        for (var i = 1 + _random.Next(3); i > 0; i--)
        {
            // The same topic may be read twice.
            var topic = "s" + (1 + _random.Next(2));
            Add("stream", [topic], [], FlowKind.Stream, new Dictionary<string, string> { [topic] = topic });
        }

        for (var i = _random.Next(3); i > 0; i--)
        {
            var topic = $"t{i}";
            var (name, argument) = Chance(15) ? ("versioned", "30") : ("table", Pick("store", "plain"));
            Add(name, [topic, argument], [], FlowKind.Table, new Dictionary<string, string> { [topic] = topic });
        }

        if (Chance(25))
        {
            Add("global", ["g1"], [], FlowKind.Global, new Dictionary<string, string> { ["g1"] = "g1" });
        }
    }

    private void Add(
        string name, string[] arguments, Flow[] parents, FlowKind kind, IReadOnlyDictionary<string, string> ways, bool rekeys = false)
    {
        var id = NextId();
        _nodes.Add(new(id, name, arguments, [.. parents.Select(p => p.Id)]));
        var flow = new Flow(id, kind)
        {
            Ways = ways,
            IsRekeyed = rekeys,
            IsLate = !_inOrder || parents.Any(p => p.IsLate),
            HasOddTimes = parents.Any(p => p.HasOddTimes),
            IsUntimed = parents.Any(p => p.IsUntimed),
            HasOwnOldValues = kind is FlowKind.Windowed or FlowKind.Table && parents.Any(p => p.HasOwnOldValues),
            IsVersioned = name == "versioned" || parents.Any(p => p.IsVersioned),
        };
        _flows.Add(flow);
    }

    private string NextId() => string.Create(CultureInfo.InvariantCulture, $"n{_nodes.Count + 1}");

    /// <summary>A flow of a kind, rather one that nobody takes yet; null where there is none.</summary>
    private Flow? Find(FlowKind kind, Func<Flow, bool>? condition = null)
    {
        var found = _flows.Where(f => f.Kind == kind && (condition?.Invoke(f) ?? true)).ToList();
        var leaves = found.Where(IsLeaf).ToList();
        return found.Count == 0 ? null : leaves.Count > 0 && Chance(60) ? Pick<Flow>(leaves) : Pick<Flow>(found);
    }

    private bool IsLeaf(Flow flow) => !_nodes.Exists(n => n.Parents.Contains(flow.Id));

    private void AddSinks()
    {
        foreach (var flow in _flows.Where(f => f.Kind != FlowKind.Global && (IsLeaf(f) || Chance(15))).ToList())
        {
            var stream = flow.Id;
            if (flow.Kind != FlowKind.Stream)
            {
                Add(flow.Kind == FlowKind.Table ? "toStream" : "wstream", [], [flow], FlowKind.Stream, flow.Ways);
                stream = _nodes[^1].Id;
            }

            _nodes.Add(new(NextId(), "to", ["o" + NextId()[1..]], [stream]));
        }
    }

    private List<ProgramInput> Inputs(int factor)
    {
        string[] keys = factor == 1 ? ["a", "b", "c"] : ["a", "b", "c", "d", "e", "f", "g", "h"];
        var topics = _nodes.Where(n => n.Parents.Length == 0).Select(n => n.Arguments[0]).Distinct().ToList();
        var inputs = new List<ProgramInput>();
        var now = 200L;
        for (var i = (8 + _random.Next(24)) * factor; i > 0; i--)
        {
            // Even times, see AddSession.
            now += Chance(3) ? 100 : Pick(0, 0, 2, 2, 4, 6, 8);
            var time = _inOrder || Chance(65) ? now : Chance(10) ? now - 100 : now - (2 * _random.Next(15));
            inputs.Add(new(Pick<string>(topics), Chance(4) ? null : Pick<string>(keys), Value(), time, Header(i)));
        }

        // What waits for time to pass is let out.
        foreach (var round in (int[])[1, 2])
        {
            inputs.AddRange(topics.SelectMany(
                _ => keys, (topic, key) => new ProgramInput(topic, key, "xx", now + (1000 * round), null) { Round = round }));
        }

        return inputs;
    }

    private string? Value() =>
        Chance(10) ? null : string.Concat(Enumerable.Range(0, 1 + _random.Next(3)).Select(_ => Pick("x", "y", "z")));

    private string? Header(int number) => Chance(50) ? null : number.ToString(CultureInfo.InvariantCulture);
}
