namespace StreamFlow.State;

/// <summary>
/// Which record keys the live segments of a store may have: a Bloom filter for each segment. A join asks for a key that mostly is
/// not there, and without this each question is a search of all that lies below. A segment that was there before the store was
/// opened is not known, nor is one whose filter found no room; those may have any key.
/// </summary>
/// <param name="expiry">What is still there.</param>
internal sealed class SegmentKeys(WindowExpiry expiry)
{
    private readonly List<Segment> _segments = [];
    private CacheBudget? _budget;
    private long _firstKnown;

    /// <summary>Forgets all: what the store has up to its stream time now is not known.</summary>
    /// <param name="budget">Where room is taken from; null: the store is closed.</param>
    public void Reset(CacheBudget? budget)
    {
        foreach (var segment in _segments)
        {
            Release(segment);
        }

        _segments.Clear();
        _budget = budget;
        _firstKnown = expiry.StreamTime < 0 ? 0 : expiry.SegmentOf(expiry.StreamTime) + 1;
    }

    /// <summary>A key is about to be written.</summary>
    /// <param name="number">Number of its segment.</param>
    /// <param name="hash">Hash of the record key's bytes.</param>
    public void Add(long number, int hash)
    {
        if (number < _firstKnown || _budget is null)
        {
            return;
        }

        var segment = Find(number) ?? Begin(number);
        if (segment.Keys is { } keys && !keys.TryAdd(hash, _budget))
        {
            Release(segment);
        }
    }

    /// <summary>Whether a segment may have a key; false is certain.</summary>
    /// <param name="number">Number of the segment.</param>
    /// <param name="hash">Hash of the record key's bytes.</param>
    public bool MayHave(long number, int hash) =>
        number < _firstKnown || _budget is null || (Find(number) is { } segment && segment.Keys?.MayHave(hash) != false);

    private Segment? Find(long number)
    {
        // The latest is asked for most.
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            if (_segments[i].Number == number)
            {
                return _segments[i];
            }
        }

        return null;
    }

    private Segment Begin(long number)
    {
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            if (_segments[i].Number < expiry.FirstLiveSegment)
            {
                Release(_segments[i]);
                _segments.RemoveAt(i);
            }
        }

        var segment = new Segment(number);
        _segments.Add(segment);
        return segment;
    }

    private void Release(Segment segment)
    {
        segment.Keys?.Release(_budget!);
        segment.Keys = null;
    }

    private sealed class Segment(long number)
    {
        public long Number => number;

        /// <summary>Its keys; null if there was no room for them.</summary>
        public KeyBloom? Keys { get; set; } = new();
    }
}
