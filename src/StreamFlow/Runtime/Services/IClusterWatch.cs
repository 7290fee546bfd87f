namespace StreamFlow.Runtime;

/// <summary>What the threads of an application tell, and are told by, the one who looks at topics and group while they run.</summary>
internal interface IClusterWatch
{
    /// <summary>What somebody has to mend, in words.</summary>
    IReadOnlyList<string> Problems { get; }

    /// <summary>A member has joined, or the group has shared the tasks out anew: topics and group are looked at.</summary>
    /// <returns>A number that grows; see <see cref="MayStart"/>.</returns>
    long Rebalanced();

    /// <summary>A static member joins: it may be given what it had before without a rebalance, see <see cref="Rebalanced"/>.</summary>
    void StaticMemberJoins();

    /// <summary>
    /// Whether topics and group were looked at since a rebalance, and nobody shares the same tasks out by other topics.
    /// </summary>
    /// <param name="rebalance">What <see cref="Rebalanced"/> gave.</param>
    /// <param name="heldBackBy">The member that does, if it is that.</param>
    bool MayStart(long rebalance, out string? heldBackBy);

    /// <summary>
    /// Looks at the topics until they have the partitions, or until it is found that the application cannot go on with them.
    /// Called in a rebalance, which waits.
    /// </summary>
    /// <returns>Whether they have.</returns>
    /// <exception cref="StreamsException">It cannot be told.</exception>
    bool Learn(IReadOnlyList<TopicPartition> leaders);
}

/// <summary>Where topics and group do not change: in the test driver.</summary>
internal sealed class NoClusterWatch : IClusterWatch
{
    public IReadOnlyList<string> Problems => [];

    public long Rebalanced() => 0;

    public void StaticMemberJoins()
    {
        // Nobody looks.
    }

    public bool MayStart(long rebalance, out string? heldBackBy)
    {
        heldBackBy = null;
        return true;
    }

    public bool Learn(IReadOnlyList<TopicPartition> leaders) => false;
}
