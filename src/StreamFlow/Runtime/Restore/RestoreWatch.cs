using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>
/// Tells of restores that do not come forward, again and again while it lasts: a transaction that nobody ends keeps what
/// follows it from being read, and the task would be missed without a word.
/// </summary>
internal sealed class RestoreWatch(ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private Dictionary<RestoringStore, Sighting> _seen = [];
    private long? _looked;

    /// <summary>Looks at all stores that are being restored; most calls do nothing.</summary>
    public void Look(IReadOnlyList<RestoringStore> stores)
    {
        var now = time.GetTimestamp();
        if (_looked is { } looked && time.GetElapsedTime(looked, now) < Interval)
        {
            return;
        }

        _looked = now;
        var before = _seen;
        _seen = [];
        foreach (var store in stores.Where(s => s.IsReadable))
        {
            var stays = before.TryGetValue(store, out var sighting) && sighting.Position == store.Position;
            _seen[store] = stays ? Tell(store, sighting, now) : new Sighting(store.Position, now, now);
        }
    }

    private Sighting Tell(RestoringStore store, Sighting sighting, long now)
    {
        if (time.GetElapsedTime(sighting.Told, now) < Patience)
        {
            return sighting;
        }

        RuntimeLog.RestoreStalled(
            logger, store.Name, store.Changelog, store.Position, store.Position + store.Remaining,
            time.GetElapsedTime(sighting.Since, now));
        return sighting with { Told = now };
    }

    /// <param name="Position">Where the restore stood.</param>
    /// <param name="Since">When it was first seen there.</param>
    /// <param name="Told">When it was last told of.</param>
    private readonly record struct Sighting(long Position, long Since, long Told);
}
