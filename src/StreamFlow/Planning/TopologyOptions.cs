namespace StreamFlow;

/// <summary>How a topology is built.</summary>
public sealed record TopologyOptions
{
    /// <summary>
    /// What the build may change of the description to save topics, as <c>topology.optimization</c> of Kafka Streams does.
    /// Topics and the numbers of sub-topologies depend on it, and with them all state: change it only together with the
    /// application's id, for an application that starts anew.
    /// </summary>
    /// <value>Default: <see cref="TopologyOptimization.None"/>.</value>
    public TopologyOptimization Optimization { get; init; }

    /// <summary>
    /// Whether the build fails where a store, a changelog or a repartition topic has a generated name (Kafka's
    /// <c>ensure.explicit.internal.resource.naming</c>). Generated names count the operators before them, so a change of the
    /// topology renames the rest, and what was renamed starts empty.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool EnsureExplicitNames { get; init; }

    /// <summary>Is asked about each processor, and may put code of yours round it (Kafka's <c>processor.wrapper.class</c>).</summary>
    /// <value>Default: <see langword="null"/>, all processors are as they are, at no cost.</value>
    public IProcessorWrapper? ProcessorWrapper { get; init; }
}

/// <summary>What the build of a topology may change.</summary>
[Flags]
public enum TopologyOptimization
{
    /// <summary>Nothing (Kafka's <c>none</c>).</summary>
    None = 0,

    /// <summary>
    /// One repartition topic, with the name of the first, serves all groupings and joins behind one operator that changes
    /// keys, where no operator in between changes values (Kafka's <c>merge.repartition.topics</c>). An explicit
    /// <c>Repartition()</c> stays as it is.
    /// </summary>
    MergeRepartitionTopics = 1,

    /// <summary>
    /// The topic that <c>Table(...)</c> reads is the changelog of its rows too, so that they are written once (Kafka's
    /// <c>reuse.ktable.source.topics</c>). The topic must be compacted and never expire, because rows are restored from it.
    /// Tables keep a changelog of their own where the rows are not what the topic says: with other serdes in
    /// <c>Materialized</c> than in <c>Consumed</c>, with a timestamp extractor or another answer to invalid timestamps than
    /// to fail, with serdes that look at their context (<c>ISerde.For</c>), or read from the latest record on.
    /// </summary>
    ReuseKTableSourceTopics = 2,

    /// <summary>
    /// A stream that is joined with itself keeps its records once, in the store of the left side (Kafka's
    /// <c>single.store.self.join</c>). The results are the same.
    /// </summary>
    SelfJoin = 4,

    /// <summary>All of them (Kafka's <c>all</c>); versions to come may know more.</summary>
    All = MergeRepartitionTopics | ReuseKTableSourceTopics | SelfJoin,
}
