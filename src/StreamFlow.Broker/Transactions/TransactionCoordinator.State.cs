using System.Collections.Concurrent;

namespace StreamFlow.Broker.Transactions;

/// <content>Whether it is there, and markers that the disk would not have.</content>
internal sealed partial class TransactionCoordinator
{
    private readonly ConcurrentDictionary<string, (Transaction Transaction, WriteMarkers Markers)> _unmarked = [];
    private int _running;

    /// <summary>Whether it answers "not available" only: it was stopped, or its log failed it.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Whether a step that was begun is not over yet.</summary>
    public bool IsBusy => Volatile.Read(ref _running) > 0;

    /// <summary>Writes the markers that a partition did not take, once all of them take writes again.</summary>
    private void RetryMarkers()
    {
        foreach ((string transactionalId, (Transaction transaction, WriteMarkers markers)) in _unmarked)
        {
            if (_partitions.TakeWrites(markers.Partitions) && _unmarked.TryRemove(transactionalId, out _))
            {
                _ = RunAsync(transactionalId, transaction, [markers]);
            }
        }
    }
}
