using StreamFlow.Records;

namespace StreamFlow.State;

/// <summary>
/// What is not committed of a store: entries of its cache that are dirty (written since the last flush) or staged
/// (flushed since the last commit), what is remembered of their writes, and their order.
/// </summary>
internal sealed class Overlay<TKey, TValue>
{
    private readonly EntrySlab<TKey, TValue> _slab;
    private readonly ValueFormat<TValue> _values;
    private readonly EntryWriter<TKey, TValue> _writer;
    private readonly ValueSizes<TValue> _sizes;
    private readonly OverlayOrder<TKey, TValue> _order;
    private readonly PendingWrites<TValue> _writes = new();
    private readonly List<int> _uncommitted = [];
    private long _sequence;

    public Overlay(EntrySlab<TKey, TValue> slab, KeyCodec<TKey> keys, ValueFormat<TValue> values)
    {
        _slab = slab;
        _values = values;
        _writer = new EntryWriter<TKey, TValue>(keys, values);
        _sizes = new ValueSizes<TValue>(values);
        _order = new OverlayOrder<TKey, TValue>(slab, keys);
        Old = new OldValues<TValue>(values);
    }

    public FlushListener<TKey, TValue>? Listener
    {
        get;
        set
        {
            field = value;
            Waits = value is { Waits: true };
        }
    }

    /// <summary>Whether updates wait for the flush to be told of.</summary>
    public bool Waits { get; private set; }

    public OldValues<TValue> Old { get; }

    /// <summary>Number of entries that are not flushed.</summary>
    public int DirtyCount => _writes.Count;

    /// <summary>Writes an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="value">Its value from now on, timestamp and headers included.</param>
    /// <param name="isBlind">Whether nobody has looked what was there.</param>
    /// <param name="context">Where the store is.</param>
    /// <param name="share">The store's share of the thread's memory.</param>
    public void Write(
        ref CacheEntry<TValue> entry, in StoredValue<TValue> value, bool isBlind, StateStoreContext context, CacheShare share)
    {
        if (!entry.IsDirty)
        {
            Begin(ref entry, isBlind, share);
        }

        ref var write = ref _writes[entry.Write];
        write.Sequence = ++_sequence;
        write.Writes++;
        if (context.Origins is { } origins)
        {
            write.Origin = origins.Current;
        }

        var before = entry.ValueBytes;
        entry.Set(in value);
        share.AddDirty(entry.Resize(_sizes.Of(in entry, write.Writes, before)));
    }

    /// <summary>
    /// What those who wait for the flush have been told of an entry: its value at the last flush, as long as it is dirty.
    /// </summary>
    public StoredValue<TValue> Told(ref readonly CacheEntry<TValue> entry)
    {
        if (!Waits || !entry.IsDirty)
        {
            return new StoredValue<TValue>(entry.Value, entry.HasValue, entry.Timestamp, entry.Headers);
        }

        ref var write = ref _writes[entry.Write];
        return new StoredValue<TValue>(Old.AtFlush(in write), write.HasOld, write.OldTimestamp, write.OldHeaders);
    }

    /// <summary>Stages what is dirty; see <see cref="StateStore.Flush"/>.</summary>
    public void Flush(StateStoreContext context, CacheShare share)
    {
        try
        {
            // What a listener forwards may come back and write here: the loop ends when nothing is dirty.
            while (_writes.BeginRound())
            {
                FlushRound(context, share);
            }

            share.AddDirty(-Old.Clear());
        }
        finally
        {
            context.Origins?.Enter(RecordOrigin.None);
        }
    }

    public void Committed()
    {
        foreach (var slot in _uncommitted)
        {
            _slab[slot].Commit();
        }

        _uncommitted.Clear();
        _order.Clear();
        _writer.Trim();
        _sizes.Trim();
    }

    public void Rollback()
    {
        _writes.Clear();
        _uncommitted.Clear();
        _order.Clear();
        Old.Clear();
    }

    /// <summary>
    /// What is written in a range of the byte store's keys and not committed, deletions included, as it is now and in
    /// order of the keys.
    /// </summary>
    public void Copy(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse, PendingEntries<TKey, TValue> copies)
    {
        if (_uncommitted.Count > 0)
        {
            _order.Copy(_uncommitted, from, to, reverse, copies);
        }
    }

    private void Begin(ref CacheEntry<TValue> entry, bool isBlind, CacheShare share)
    {
        if (!entry.IsUncommitted)
        {
            share.MoveToDirty(entry.Size);
            _uncommitted.Add(entry.Slot);
        }

        entry.BeginWrite(_writes.Add(entry.Slot));
        share.AddDirtyRows(1);
        ref var write = ref _writes[entry.Write];
        (write.Old, write.HasOld, write.IsBlind) = (entry.Value, entry.HasValue, isBlind);
        (write.OldTimestamp, write.OldHeaders, write.OldBytes) = (entry.Timestamp, entry.Headers, entry.ValueBytes);
        if (Waits && !isBlind)
        {
            share.AddDirty(Old.Retain(ref write));
        }
    }

    private void FlushRound(StateStoreContext context, CacheShare share)
    {
        try
        {
            while (_writes.TryPeek(out var place))
            {
                FlushEntry(_writes[place], context, share);
            }
        }
        finally
        {
            _writes.EndRound();
        }
    }

    private void FlushEntry(PendingWrite<TValue> write, StateStoreContext context, CacheShare share)
    {
        ref var entry = ref _slab[write.Slot];
        context.Origins?.Enter(in write.Origin);
        if (!TrySerialize(ref entry, in write, context, share))
        {
            return;
        }

        if (Waits && write.IsBlind)
        {
            var committed = _writer.ReadCommitted(context);
            (write.Old, write.HasOld, write.OldTimestamp) = (committed.Value, committed.HasValue, committed.Timestamp);
        }

        // Without a record cache Kafka Streams logs the deletion of what is not there; with one it does not.
        var skip = Waits && !entry.HasValue && !write.HasOld;
        if (!skip && !TryStage(ref entry, in write, context, share))
        {
            return;
        }

        var key = _slab.Key(write.Slot);
        var (old, oldTimestamp) = (skip || !Waits ? default! : Old.AtFlush(in write), write.OldTimestamp);
        var (value, hasValue, timestamp, headers) = (entry.Value, entry.HasValue, entry.Timestamp, entry.Headers);
        entry.Stage(_values.KeepsHeaders);
        Take(share);
        if (!skip && Waits)
        {
            var change = new Change<TValue>(value, hasValue, old, write.HasOld) { OldTimestamp = oldTimestamp };
            Listener!.Flushed(in key, in change, timestamp, headers);
        }
    }

    private void Take(CacheShare share)
    {
        _writes.Take();
        share.AddDirtyRows(-1);
    }

    /// <summary>Serializes key and value of an entry; what cannot be written is taken back, if that is what is asked for.</summary>
    private bool TrySerialize(
        ref CacheEntry<TValue> entry, in PendingWrite<TValue> write, StateStoreContext context, CacheShare share)
    {
        try
        {
            var bytes = _writer.Serialize(in _slab.Key(entry.Slot), _slab.KeyBytes(entry.Slot), in entry);
            share.AddDirty(entry.Resize(bytes));
            if (entry.HasValue)
            {
                _sizes.Learn(bytes);
            }

            return true;
        }
        catch (Exception exception) when (context.Unwritable is not null)
        {
            context.Unwritable(exception);
            TakeBack(ref entry, in write, context, share);
            return false;
        }
    }

    /// <summary>Puts an entry into changelog and batch; one that the changelog refuses is as one that cannot be written.</summary>
    private bool TryStage(
        ref CacheEntry<TValue> entry, in PendingWrite<TValue> write, StateStoreContext context, CacheShare share)
    {
        try
        {
            _writer.Stage(context, in entry);
            return true;
        }
        catch (KafkaClientException refusal) when (refusal.Kind == KafkaErrorKind.Refused && context.Unwritable is not null)
        {
            context.Unwritable(refusal);
            TakeBack(ref entry, in write, context, share);
            return false;
        }
    }

    private void TakeBack(
        ref CacheEntry<TValue> entry, in PendingWrite<TValue> write, StateStoreContext context, CacheShare share)
    {
        // The object of before may have been changed in place, so the bytes say what was there, where they are at hand.
        var isAtFlush = entry.IsStaged || !_writer.HasKey;
        var old = isAtFlush
            ? new StoredValue<TValue>(Old.AtFlush(in write), write.HasOld, write.OldTimestamp, write.OldHeaders)
            : _writer.ReadCommitted(context);
        var key = _slab.Key(entry.Slot);
        var change = new Change<TValue>(old.Value, old.HasValue, entry.Value, entry.HasValue) { OldTimestamp = entry.Timestamp };
        var (timestamp, headers) = (entry.Timestamp, entry.Headers);
        entry.Set(in old);
        share.AddDirty(entry.Resize(isAtFlush ? write.OldBytes : _writer.CommittedBytes));
        entry.Stage(_values.KeepsHeaders);
        Take(share);
        Listener?.TakenBack(in key, in change, timestamp, headers);
    }
}
