namespace StreamFlow;

/// <summary>How a topology is built.</summary>
public sealed record TopologyOptions
{
    /// <summary>
    /// What the build may change of the description to save topics, as <c>topology.optimization</c> of Kafka Streams does.
    /// Names of topics and numbers of sub-topologies depend on it: change it only for an application that starts anew.
    /// </summary>
    /// <value>Default: <see cref="TopologyOptimization.None"/>.</value>
    public TopologyOptimization Optimization { get; init; }
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

    /// <summary>All of them (Kafka's <c>all</c>); versions to come may know more.</summary>
    All = MergeRepartitionTopics,
}
