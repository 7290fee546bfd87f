using System.Runtime.InteropServices;
using StreamFlow.Records;

namespace StreamFlow.State;

/// <summary>
/// What a cache remembers of a write until it is flushed, beside its entries, most of which are not written. A place
/// stays the same for as long as its entry is dirty. Flushing goes by rounds, each in the order of the last writes; what
/// is written meanwhile waits for the next round.
/// </summary>
internal sealed class PendingWrites<TValue>
{
    private const int Initial = 16;
    private const int KeptWhenEmpty = 1024;
    private const int End = -1;
    private PendingWrite<TValue>[] _writes = new PendingWrite<TValue>[Initial];
    private List<int> _dirty = [];
    private List<int> _round = [];
    private long[] _order = [];
    private int _next;
    private int _used;
    private int _free = End;

    public int Count { get; private set; }

    public ref PendingWrite<TValue> this[int place] => ref _writes[place];

    /// <summary>A place for the write to a slot.</summary>
    public int Add(int slot)
    {
        int place;
        if (_free != End)
        {
            place = _free;
            _free = _writes[place].Slot;
        }
        else
        {
            if (_used == _writes.Length)
            {
                Array.Resize(ref _writes, checked(_writes.Length * 2));
            }

            place = _used++;
        }

        _writes[place].Slot = slot;
        _dirty.Add(place);
        Count++;
        return place;
    }

    /// <summary>Begins a round with all writes there are.</summary>
    /// <returns>False if there are none.</returns>
    public bool BeginRound()
    {
        (_dirty, _round) = (_round, _dirty);
        _next = 0;
        if (_order.Length < _round.Count)
        {
            _order = new long[Math.Max(_round.Count, 2L * _order.Length)];
        }

        for (var i = 0; i < _round.Count; i++)
        {
            _order[i] = _writes[_round[i]].Sequence;
        }

        _order.AsSpan(0, _round.Count).Sort(CollectionsMarshal.AsSpan(_round));
        return _round.Count > 0;
    }

    /// <summary>The next write of the round.</summary>
    public bool TryPeek(out int place)
    {
        place = _next < _round.Count ? _round[_next] : End;
        return place != End;
    }

    /// <summary>The write that was peeked at is staged.</summary>
    public void Take()
    {
        var place = _round[_next++];
        _writes[place] = new PendingWrite<TValue> { Slot = _free };
        _free = place;
        Count--;
    }

    /// <summary>Ends the round; after an error, what was not taken is still to be flushed.</summary>
    public void EndRound()
    {
        _dirty.AddRange(CollectionsMarshal.AsSpan(_round)[_next..]);
        _round.Clear();
        if (Count == 0)
        {
            Clear();
        }
    }

    /// <summary>Forgets all; the memory of a peak is given back.</summary>
    public void Clear()
    {
        if (_writes.Length > KeptWhenEmpty && _used < _writes.Length / 8)
        {
            (_writes, _order, _dirty, _round) = (new PendingWrite<TValue>[KeptWhenEmpty], [], [], []);
        }
        else
        {
            Array.Clear(_writes, 0, _used);
            _dirty.Clear();
            _round.Clear();
        }

        (_used, _free, _next, Count) = (0, End, 0, 0);
    }
}

/// <summary>A write that is not flushed.</summary>
internal struct PendingWrite<TValue>
{
    /// <summary>The entry's slot; of a free place, the next free one.</summary>
    public int Slot;

    /// <summary>Number of the last write, from a counter of the cache.</summary>
    public long Sequence;

    /// <summary>The value at the last flush.</summary>
    public TValue Old;

    public bool HasOld;

    public long OldTimestamp;

    /// <summary>Bytes that the entry's value counted for then.</summary>
    public long OldBytes;

    public Headers? OldHeaders;

    /// <summary>Whether nothing is known of the value at the last flush: the write did not look.</summary>
    public bool IsBlind;

    /// <summary>Where the bytes of the value at the last flush are retained.</summary>
    public ArenaPlace OldPlace;

    /// <summary>Number of these bytes; <see langword="null"/> when none are retained.</summary>
    public int? OldLength;

    /// <summary>How often the entry was written.</summary>
    public int Writes;

    /// <summary>The record that wrote last, where somebody asks for it.</summary>
    public RecordOrigin Origin;
}
