using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>A group that goes into a common aggregate, and how its records do.</summary>
internal abstract class CogroupInput<TKey, TResult>
{
    public abstract TopologyGraph Graph { get; }

    public abstract SerdeSource<TKey> Keys { get; }

    /// <summary>Whether its repartition topic has to be named by the aggregation.</summary>
    public abstract bool LeavesTopicUnnamed { get; }

    /// <summary>Describes its repartition topic, if it needs one.</summary>
    /// <param name="topicName">The topic's name, if the user did not give one.</param>
    public abstract Output Describe(string topicName);

    /// <summary>Describes its operator.</summary>
    /// <param name="name">Name of the operator.</param>
    /// <param name="input">What <see cref="Describe"/> has returned.</param>
    /// <param name="initializer">Makes the result before the first value.</param>
    /// <param name="kind">How results are kept.</param>
    public abstract Output<TTableKey, Change<TResult>> Add<TTableKey>(
        string name, Output input, Func<TResult> initializer, CogroupKind<TKey, TTableKey, TResult> kind);
}

/// <summary>A group whose types are known.</summary>
internal sealed class CogroupInput<TKey, TValue, TResult>(
    GroupedSource<TKey, TValue> source, Func<TKey, TValue, TResult, TResult> aggregator) : CogroupInput<TKey, TResult>
{
    public override TopologyGraph Graph => source.Graph;

    public override SerdeSource<TKey> Keys => source.Keys;

    public override bool LeavesTopicUnnamed => source.LeavesTopicUnnamed;

    public override Output Describe(string topicName) => source.Input(topicName);

    public override Output<TTableKey, Change<TResult>> Add<TTableKey>(
        string name, Output input, Func<TResult> initializer, CogroupKind<TKey, TTableKey, TResult> kind)
    {
        var fold = new AggregateFold<TKey, TValue, TResult>(initializer, aggregator);
        var node = new OperatorNode<TKey, TValue, TTableKey, Change<TResult>>(
            name, [(Output<TKey, TValue>)input], (setup, next) => kind.Create(setup, fold, next))
        {
            Rows = kind.Rows,
            ChangesKey = typeof(TTableKey) != typeof(TKey),
            ChangesValue = true,
            Closing = kind.Closing,
        };
        source.Graph.Add(node);
        return node.Output;
    }
}

/// <summary>How the results of a common aggregate are kept: by key, or by key and window.</summary>
/// <param name="Rows">Their store, which all inputs share.</param>
/// <param name="Closing">When windows are closed; null where there are none.</param>
internal abstract record CogroupKind<TKey, TTableKey, TResult>(RowsDescription Rows, WindowClosing? Closing)
{
    /// <summary>Makes the processor of one input for a task.</summary>
    public abstract Processor<TKey, TValue> Create<TValue>(
        NodeSetup setup, Fold<TKey, TValue, TResult> fold, Processor<TTableKey, Change<TResult>> next);
}
