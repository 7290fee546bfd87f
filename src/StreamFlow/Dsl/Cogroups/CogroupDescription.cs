using System.Globalization;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>
/// Describes a common aggregate: an operator for each input, all of them with one store, and one behind them that their updates
/// leave by. Names and numbers are those of Kafka Streams.
/// </summary>
internal sealed class CogroupDescription<TKey, TResult>(
    IReadOnlyList<CogroupInput<TKey, TResult>> inputs, Func<TResult> initializer, Materialized<TKey, TResult> materialized)
{
    private const string AggregatePrefix = "COGROUPKSTREAM-AGGREGATE-";
    private const string MergePrefix = "COGROUPKSTREAM-MERGE-";

    public TopologyGraph Graph => inputs[0].Graph;

    public string StoreName { get; } = inputs[0].Graph.StoreName(materialized.Name, AggregatePrefix);

    public Materialized<TKey, TResult> Materialized => materialized;

    public SerdeSource<TKey> Keys { get; } =
        SerdeSource<TKey>.FirstGiven(inputs.Select(input => input.Keys)).Or(materialized.KeySerde);

    public SerdeSource<TResult> Values { get; } = SerdeSource<TResult>.Of(materialized.ValueSerde);

    /// <summary>Adds the operators.</summary>
    /// <param name="kind">How results are kept.</param>
    public Output<TTableKey, Change<TResult>> Add<TTableKey>(CogroupKind<TKey, TTableKey, TResult> kind)
    {
        var sources = Sources();
        var outputs = inputs
            .Select((input, i) => input.Add(
                NameOf(AggregatePrefix, string.Create(CultureInfo.InvariantCulture, $"-cogroup-agg-{i}")),
                sources[i],
                initializer,
                kind))
            .ToList();
        var merge = new OperatorNode<TTableKey, Change<TResult>, TTableKey, Change<TResult>>(
            NameOf(MergePrefix, "-cogroup-merge"),
            outputs,
            (name, _, next) => new CogroupMergeProcessor<TTableKey, TResult>(name, next))
        {
            CopartitionedWith = [.. outputs.Select(output => output.Owner)],
        };
        Graph.Add(merge);
        return merge.Output;
    }

    /// <summary>
    /// What the inputs read. The first one without a name for its topic takes that of the store, as in Kafka Streams, where a
    /// second one fails.
    /// </summary>
    private List<Output> Sources()
    {
        var (sources, unnamed) = (new List<Output>(), 0);
        foreach (var input in inputs)
        {
            var name = input.LeavesTopicUnnamed && unnamed++ > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{StoreName}-{unnamed}")
                : StoreName;
            sources.Add(input.Describe(name));
        }

        return sources;
    }

    private string NameOf(string prefix, string suffix) =>
        Graph.NodeName(materialized.ProcessorName is { } given ? given + suffix : null, prefix);
}

/// <summary>Hands updates on, from whichever input they came.</summary>
internal sealed class CogroupMergeProcessor<TKey, TValue>(string name, Processor<TKey, Change<TValue>> next)
    : Processor<TKey, Change<TValue>>(name)
{
    public override void Process(in Record<TKey, Change<TValue>> record) => next.Process(in record);
}
