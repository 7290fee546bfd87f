namespace StreamFlow.Dsl;

/// <summary>
/// The windows that wait for their end, in the order of it: of each which keys are in it. It is asked for each record whether
/// any window is over, which is one comparison.
/// </summary>
internal sealed class WindowTimers<TKey>(IEqualityComparer<TKey> comparer)
{
    private readonly SortedSet<Bucket> _order = new(BucketOrder.Instance);
    private readonly Dictionary<Window, Bucket> _buckets = [];

    /// <summary>End of the window that ends first; the maximum when there is none.</summary>
    public long NextEnd { get; private set; } = long.MaxValue;

    /// <summary>Number of windows of any keys.</summary>
    public int WindowCount => _buckets.Count;

    public void Add(in TKey key, Window window)
    {
        if (!_buckets.TryGetValue(window, out var bucket))
        {
            bucket = new Bucket(window);
            _buckets.Add(window, bucket);
            _order.Add(bucket);
            NextEnd = Math.Min(NextEnd, window.End);
        }

        bucket.Keys.Add(key);
    }

    /// <summary>A window of a key has become part of another one. A key that is not found is left: its row is gone.</summary>
    public void Remove(in TKey key, Window window)
    {
        if (!_buckets.TryGetValue(window, out var bucket))
        {
            return;
        }

        var keys = bucket.Keys;
        for (var i = keys.Count - 1; i >= 0; i--)
        {
            if (comparer.Equals(keys[i], key))
            {
                keys[i] = keys[^1];
                keys.RemoveAt(keys.Count - 1);
                break;
            }
        }

        if (keys.Count == 0)
        {
            Remove(bucket);
        }
    }

    /// <summary>Takes out the window that ends first, if that is not after a time.</summary>
    public bool TryTake(long end, out Window window, out List<TKey> keys)
    {
        if (NextEnd > end || _order.Min is not { } bucket)
        {
            (window, keys) = (default, []);
            return false;
        }

        (window, keys) = (bucket.Window, bucket.Keys);
        Remove(bucket);
        return true;
    }

    private void Remove(Bucket bucket)
    {
        _order.Remove(bucket);
        _buckets.Remove(bucket.Window);
        NextEnd = _order.Min?.Window.End ?? long.MaxValue;
    }

    private sealed class Bucket(Window window)
    {
        public Window Window => window;

        public List<TKey> Keys { get; } = [];
    }

    private sealed class BucketOrder : IComparer<Bucket>
    {
        public static readonly BucketOrder Instance = new();

        public int Compare(Bucket? x, Bucket? y) =>
            x!.Window.End.CompareTo(y!.Window.End) is not 0 and var order
                ? order
                : x.Window.Start.CompareTo(y.Window.Start);
    }
}
