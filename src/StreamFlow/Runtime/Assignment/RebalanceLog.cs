namespace StreamFlow.Runtime;

/// <summary>
/// The last rebalances of a thread, for whoever asks why it paused. What the group tells until all tasks run again is one: a
/// revocation and the assignment that answers it belong together. Written by the thread, read by anybody.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class RebalanceLog(TimeProvider time)
{
    private const int Limit = 20;
    private volatile IReadOnlyList<StreamRebalance> _all = [];
    private long _began;
    private bool _isOpen;

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<StreamRebalance> All => _all;

    /// <summary>Partitions came.</summary>
    public void Assigned(IReadOnlyList<TopicPartition> leaders) =>
        Add(leaders, last => last with { Assigned = [.. last.Assigned, .. leaders] });

    /// <summary>Partitions go.</summary>
    public void Revoked(IReadOnlyList<TopicPartition> leaders) =>
        Add(leaders, last => last with { Revoked = [.. last.Revoked, .. leaders] });

    /// <summary>Partitions have gone.</summary>
    public void Lost(IReadOnlyList<TopicPartition> leaders) =>
        Add(leaders, last => last with { Lost = [.. last.Lost, .. leaders] });

    /// <summary>Called at each turn of the thread.</summary>
    /// <param name="isSettled">Whether all its tasks run.</param>
    public void Report(bool isSettled)
    {
        if (_isOpen && isSettled)
        {
            _isOpen = false;
            _all = [.. _all.SkipLast(1), _all[^1] with { Pause = time.GetElapsedTime(_began) }];
        }
    }

    /// <summary>A group that balances anew and leaves a thread all that it had tells nothing of interest.</summary>
    private void Add(IReadOnlyList<TopicPartition> leaders, Func<StreamRebalance, StreamRebalance> change)
    {
        if (leaders.Count == 0)
        {
            return;
        }

        if (!_isOpen)
        {
            _isOpen = true;
            _began = time.GetTimestamp();
            _all = [.. _all.TakeLast(Limit - 1), new StreamRebalance(time.GetUtcNow(), [], [], [], null)];
        }

        _all = [.. _all.SkipLast(1), change(_all[^1])];
    }
}
