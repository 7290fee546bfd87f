using Microsoft.Extensions.Logging;
using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Deletes the records of repartition topics that are committed: these topics have no retention, so nobody else would.
/// One request at a time, at most one per interval; a failed one is only logged, the next covers it.
/// </summary>
internal sealed class RepartitionPurger : IDisposable
{
    private readonly ThreadServices _services;
    private readonly string _clientId;
    private readonly HashSet<string> _repartitionTopics;
    private readonly CancellationTokenSource _stopped = new();
    private IKafkaAdmin? _admin;
    private Task _request = Task.CompletedTask;
    private long _last;

    public RepartitionPurger(ThreadServices services, string clientId)
    {
        _services = services;
        _clientId = clientId;
        _last = services.Time.GetTimestamp();
        _repartitionTopics = [.. services.Topics.Plan.SubTopologies
            .SelectMany(s => s.Sources)
            .Where(s => s.IsInternal)
            .Select(services.Topics.NameOf)];
    }

    /// <summary>Sends a request when one is due.</summary>
    /// <param name="committed">The positions just committed.</param>
    public void PurgeIfDue(IReadOnlyList<PartitionOffset> committed)
    {
        if (_repartitionTopics.Count == 0
            || !_request.IsCompleted
            || _services.Time.GetElapsedTime(_last) < _services.Options.RepartitionPurgeInterval)
        {
            return;
        }

        _last = _services.Time.GetTimestamp();
        var used = committed.Where(o => _repartitionTopics.Contains(o.Partition.Topic)).ToList();
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

    private async Task PurgeAsync(List<PartitionOffset> offsets)
    {
        try
        {
            _admin ??= _services.Clients.CreateAdmin(_clientId);
            await _admin.DeleteRecordsAsync(offsets, _stopped.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StreamsException or OperationCanceledException)
        {
            RuntimeLog.PurgeFailed(_services.Logger, exception);
        }
    }
}
