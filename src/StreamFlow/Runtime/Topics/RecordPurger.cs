using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Deletes what nobody needs any more: records of repartition topics that are committed, and of changelogs those whose keys
/// have expired by stream time. These topics have no retention of their own, so nobody else would. One request at a time, at
/// most one per interval; a failed one is only logged, the next covers it.
/// </summary>
internal sealed class RecordPurger : IDisposable
{
    private readonly ThreadServices _services;
    private readonly string _clientId;
    private readonly HashSet<string> _repartitionTopics;
    private readonly bool _hasExpiring;
    private readonly Dictionary<TopicPartition, long> _purged = [];
    private readonly CancellationTokenSource _stopped = new();
    private IKafkaAdmin? _admin;
    private Task _request = Task.CompletedTask;
    private long _last;

    public RecordPurger(ThreadServices services, string clientId)
    {
        _services = services;
        _clientId = clientId;
        _last = services.Time.GetTimestamp();
        var subTopologies = services.Topics.Plan.SubTopologies;
        _repartitionTopics = [.. subTopologies.SelectMany(s => s.Sources).Where(s => s.IsInternal).Select(services.Topics.NameOf)];
        _hasExpiring = subTopologies.SelectMany(s => s.Stores)
            .Any(s => s.IsLogged && InternalTopics.MayDelete(s.ChangelogConfigs));
    }

    /// <summary>Sends a request when one is due.</summary>
    /// <param name="committed">The positions just committed.</param>
    /// <param name="tasks">The tasks whose changes were committed with them.</param>
    public void PurgeIfDue(IReadOnlyList<PartitionOffset> committed, IReadOnlyList<StreamTask> tasks)
    {
        if ((_repartitionTopics.Count == 0 && !_hasExpiring)
            || !_request.IsCompleted
            || _services.Time.GetElapsedTime(_last) < _services.Options.RepartitionPurgeInterval)
        {
            return;
        }

        _last = _services.Time.GetTimestamp();
        var used = committed.Where(o => _repartitionTopics.Contains(o.Partition.Topic)).ToList();
        used.AddRange(tasks.Where(t => t.SubTopology.Stores.Count > 0).SelectMany(Expired));
        if (used.Count > 0)
        {
            _request = PurgeAsync(used);
        }
    }

    public void Dispose()
    {
        _stopped.Cancel();
        _admin?.Dispose();
        _stopped.Dispose();
    }

    /// <summary>Where the changelogs of a task begin to be needed, as far as they reach beyond what was deleted before.</summary>
    private IEnumerable<PartitionOffset> Expired(StreamTask task) =>
        from store in task.Stores.All
        where store.MayPurge
        let start = store.Store.ChangelogStart
        where start > _purged.GetValueOrDefault(store.Changelog!.Topic)
        select new PartitionOffset(store.Changelog!.Topic, start);

    private async Task PurgeAsync(List<PartitionOffset> offsets)
    {
        try
        {
            _admin ??= _services.Clients.CreateAdmin(_clientId);
            await _admin.DeleteRecordsAsync(offsets, _stopped.Token).ConfigureAwait(false);

            // Nobody looks at these before the request is complete.
            offsets.ForEach(o => _purged[o.Partition] = o.Offset);
        }
        catch (Exception exception) when (exception is StreamsException or OperationCanceledException)
        {
            RuntimeLog.PurgeFailed(_services.Logger, exception);
        }
    }
}
