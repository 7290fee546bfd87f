using System.Collections.Concurrent;

namespace StreamFlow.Dashboard;

/// <summary>The replays of an application: one at a time, the last ones remembered.</summary>
internal sealed class Replays(HostedView view, LetterBox box, CancellationToken stopping)
{
    private const int Kept = 20;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Replay> _all = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();

    /// <exception cref="ApiException">One runs already.</exception>
    public Replay Start(IReadOnlyList<LetterEntry> entries)
    {
        lock (_gate)
        {
            if (_all.Values.FirstOrDefault(r => !r.IsFinished) is { } running)
            {
                throw ApiException.NotNow($"Replay {running.Id} still runs; wait until it has finished.");
            }

            var replay = new Replay(view, box, entries, stopping);
            if (_order.Count == Kept)
            {
                _all.TryRemove(_order.Dequeue(), out _);
            }

            _order.Enqueue(replay.Id);
            _all[replay.Id] = replay;
            replay.Start();
            return replay;
        }
    }

    /// <exception cref="ApiException">There is no such replay.</exception>
    public Replay Find(string id) => _all.TryGetValue(id, out var replay)
        ? replay
        : throw ApiException.NotFound($"There is no replay '{id}' since this host was started; the last {Kept} are remembered.");
}
