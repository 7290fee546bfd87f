using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>
/// A program as tasks beside each other can run it with the same results, and what of each sink is certain then. Where records
/// come from several tasks in any order, aggregates are replaced by such as do not depend on it, and windows wait for whatever
/// may come; behind what still depends on it nothing is compared.
/// </summary>
internal sealed partial class CertainProgram
{
    /// <summary>Longer than the times of all records that are not the last ones are apart.</summary>
    private const int Grace = 5_000;

    /// <summary>By how much the last records are later than they were, so that they close what waits for <see cref="Grace"/>.</summary>
    private const int Later = 20_000;

    private readonly Dictionary<string, Certainty> _flows = [];
    private readonly Dictionary<string, Certainty> _sinks = [];
    private readonly List<ProgramNode> _nodes = [];
    private readonly bool _isCached;

    private CertainProgram(RandomProgram program)
    {
        _isCached = program.Cache > 0;
        foreach (var node in program.Nodes)
        {
            _nodes.Add(node);
            Add(node);
        }

        Program = program with { Nodes = _nodes, Inputs = [.. program.Inputs.Select(Moved)] };
    }

    /// <summary>The program to run.</summary>
    public RandomProgram Program { get; }

    /// <summary>What is certain of each sink's topic; sinks of which nothing is are not there.</summary>
    public IReadOnlyDictionary<string, Certainty> Sinks => _sinks;

    public static CertainProgram Of(RandomProgram program) => new(program);

    private static ProgramInput Moved(ProgramInput input) =>
        input with { Time = input.Time + (Later * input.Round) };

    private void Add(ProgramNode node)
    {
        var parents = node.Parents.Select(p => _flows[p]).ToArray();
        if (node.Operator == "to")
        {
            if (parents[0].Same != Sameness.None)
            {
                _sinks.Add(node.Arguments[0], parents[0]);
            }

            return;
        }

        var certainty = parents.Any(p => p.Same == Sameness.None) ? Certainty.None : Of(node, parents);
        if (node.Operator == "split")
        {
            for (var i = 1; i <= 3; i++)
            {
                _flows.Add(string.Create(CultureInfo.InvariantCulture, $"{node.Id}.{i}"), certainty);
            }
        }
        else
        {
            _flows.Add(node.Id, certainty);
        }
    }

    private Certainty Of(ProgramNode node, Certainty[] parents)
    {
        var a = node.Arguments;
        return node.Operator switch
        {
            "stream" or "global" => new(Sameness.Task),
            "table" or "versioned" => Kept(new(Sameness.Task)),
            "filter" or "filterNot" or "flatMapValues" or "processValues" or "split" or "mapValuesK"
                or "gjoin" => OfEach(parents[0]),
            "mapValues" => a[0] == "wake" ? OfEach(parents[0]) : parents[0],
            "map" or "selectKey" or "flatMap" or "wkey" => parents[0].WithNewKeys(),
            "process" => OfEach(parents[0]) with { IsRekeyed = true },
            "wstream" => parents[0] with { IsRekeyed = true },
            "repartition" => parents[0].Through(),
            "merge" => Merged(parents[0], parents[1]),
            "toStream" => parents[0],
            "wmap" or "wfilter" => parents[0] with { HasDeletions = parents[0].Same == Sameness.Last },
            "tfilter" or "tmap" => Kept(parents[0]),
            "toTable" => parents[0].Repartitioned() is { Same: not Sameness.Bag } rows ? Kept(rows) : Certainty.None,
            "agg" => Aggregated(node, parents[0]),
            "cogroup" => Cogrouped(node, parents),
            "tgroup" => Regrouped(node, parents[0]),
            "wagg" => Windowed(node, parents[0]),
            "suppress" => parents[0].Same == Sameness.Task ? parents[0] with { IsHeldBack = true } : Certainty.None,
            "wsuppress" => Final(parents[0]),
            "fkjoin" => new(Sameness.Last) { HasTimes = false, HasHeaders = false },
            "ttjoin" => TablesJoined(parents[0], parents[1]),
            "stjoin" => parents[0] is { Same: Sameness.Task, IsRekeyed: false } && parents[1].Same == Sameness.Task
                ? parents[0]
                : Certainty.None,
            "ssjoin" => StreamsJoined(node, parents),
            _ => throw new ArgumentException(node.Operator),
        };
    }

    /// <summary>Of updates, what is dropped and what is made of deletions depends on which there were.</summary>
    private static Certainty OfEach(Certainty stream) => stream.Same == Sameness.Last ? Certainty.None : stream;

    /// <summary>Rows tell each of their updates, or with the record cache those that a commit finds.</summary>
    private Certainty Kept(Certainty rows) => _isCached ? rows.AtMost(Sameness.Last) : rows;

    private static Certainty Merged(Certainty one, Certainty other)
    {
        if (one.Same == Sameness.Last || other.Same == Sameness.Last)
        {
            return Certainty.None;
        }

        var both = one.Same == Sameness.Task && other.Same == Sameness.Task ? Sameness.Task : Sameness.Bag;
        return new(both)
        {
            IsRekeyed = one.IsRekeyed || other.IsRekeyed,
            HasNewKeys = one.HasNewKeys || other.HasNewKeys,
            HasHeaders = one.HasHeaders && other.HasHeaders,
            IsHeldBack = one.IsHeldBack || other.IsHeldBack,
        };
    }

    /// <summary>Of a row that several tasks change, the last value is certain, but not the times of those before.</summary>
    private static Certainty TablesJoined(Certainty left, Certainty right) =>
        left.Same == Sameness.Task && right.Same == Sameness.Task
            ? left with { IsHeldBack = left.IsHeldBack || right.IsHeldBack }
            : new(Sameness.Last)
            {
                HasTimes = left.HasTimes && right.HasTimes,
                HasHeaders = false,
                IsHeldBack = left.IsHeldBack || right.IsHeldBack,
            };
}
