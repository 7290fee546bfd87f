using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Looks, whenever a static member has joined, whether all partitions are somebody's. A member that gives partitions up
/// has to join once more before others get them; one that is killed in between comes back as a static member to what it
/// had kept, without a rebalance, and nobody is left who would ask for one: the partitions would be nobody's until the
/// group changes for another reason. Then a thread leaves the group and joins it anew.
/// </summary>
internal sealed class GroupWatch(ThreadServices services, Action rejoin) : IDisposable
{
    /// <summary>Between two looks. Members that live need less to join once more.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _groupId = services.Options.ApplicationId;
    private HashSet<TopicPartition> _missingBefore = [];
    private int _joins;
    private Task? _watching;

    /// <summary>A static member joins, for the first time or again.</summary>
    public void Joins()
    {
        Interlocked.Increment(ref _joins);
        lock (_gate)
        {
            _watching ??= RunAsync();
        }
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var stopping = _stopping.Token;
        var seen = 0;
        try
        {
            while (true)
            {
                await Task.Delay(Interval, services.Time, stopping).ConfigureAwait(false);
                var joins = Volatile.Read(ref _joins);
                if (joins != seen && await IsCompleteAsync(stopping).ConfigureAwait(false))
                {
                    seen = joins;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The application ends.
        }
    }

    private async Task<bool> IsCompleteAsync(CancellationToken stopping)
    {
        try
        {
            using var admin = services.Clients.CreateAdmin($"{_groupId}-group-admin");
            var group = await admin.DescribeGroupAsync(_groupId, stopping).ConfigureAwait(false);
            var missing = group.IsStable ? Expected().Except(group.Assigned).ToHashSet() : [];
            if (missing.Count > 0 && missing.SetEquals(_missingBefore))
            {
                RuntimeLog.PartitionsOrphaned(services.Logger, _groupId, string.Join(", ", missing));
                _missingBefore = [];
                rejoin();
                return false;
            }

            _missingBefore = missing;
            return group.IsStable && missing.Count == 0;
        }
#pragma warning disable CA1031 // Whatever it is, it must not end unseen, nor the application by it.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            RuntimeLog.GroupNotDescribed(services.Logger, exception, _groupId);
            return exception is not KafkaClientException { Kind: KafkaErrorKind.Retriable };
        }
    }

    private IEnumerable<TopicPartition> Expected() =>
        from topic in services.Topics.LeaderTopics
        from partition in Enumerable.Range(0, services.Topics.TaskCount(services.Topics.SubTopologyOf(topic)))
        select new TopicPartition(topic, partition);
}
