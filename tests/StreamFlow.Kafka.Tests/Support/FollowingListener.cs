using StreamFlow.Clients;

namespace StreamFlow.Kafka.Tests.Support;

/// <summary>
/// Reads, with each leader partition, the same-numbered partitions of other topics, as the engine does.
/// </summary>
internal sealed class FollowingListener : IRebalanceListener
{
    private readonly string[] _followers;

    internal FollowingListener(params string[] followers) => _followers = followers;

    internal HashSet<TopicPartition> Owned { get; } = [];

    internal List<string> Events { get; } = [];

    /// <summary>Told of every rebalance, with the partitions and the followers.</summary>
    internal Action<PartitionEvent, IReadOnlyList<TopicPartition>>? Told { get; set; }

    /// <summary>Called before partitions are given up, while they may still be committed.</summary>
    internal Action<IReadOnlyList<TopicPartition>>? BeforeRevoke { get; set; }

    internal Exception? ThrowOnAssigned { get; set; }

    internal Exception? ThrowOnRevoked { get; set; }

    public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders)
    {
        Events.Add($"assigned {leaders.Count}");
        var exception = ThrowOnAssigned;
        ThrowOnAssigned = null;
        Throw(exception);
        var all = WithFollowers(leaders);
        Owned.UnionWith(all);
        Told?.Invoke(PartitionEvent.Assigned, all);
        return [.. all.Select(p => new PartitionOffset(p, PartitionOffset.Stored))];
    }

    public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders)
    {
        Events.Add($"revoked {leaders.Count}");
        var exception = ThrowOnRevoked;
        ThrowOnRevoked = null;
        Throw(exception);
        var all = WithFollowers(leaders);
        BeforeRevoke?.Invoke(all);
        Owned.ExceptWith(all);
        Told?.Invoke(PartitionEvent.Revoked, all);
        return all;
    }

    public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders)
    {
        Events.Add($"lost {leaders.Count}");
        var all = WithFollowers(leaders);
        Owned.ExceptWith(all);
        Told?.Invoke(PartitionEvent.Lost, all);
        return all;
    }

    private static void Throw(Exception? exception)
    {
        if (exception is not null)
        {
            throw exception;
        }
    }

    private List<TopicPartition> WithFollowers(IReadOnlyList<TopicPartition> leaders) =>
        [.. leaders.Concat(leaders.SelectMany(l => _followers.Select(f => l with { Topic = f })))];
}
