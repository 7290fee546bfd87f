using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Sends the results of windows on when these are closed, each once. What is open is known by timers and not by reading the
/// store, which hides what has outlived its retention. Timers are kept in memory, and made anew of the store's rows when the
/// task begins: the time that decides what is closed is kept with the store.
/// </summary>
/// <typeparam name="TKey">Type of the record keys.</typeparam>
/// <typeparam name="TValue">Type of the results.</typeparam>
internal abstract class FinalResults<TKey, TValue>
{
    private readonly Processor<Windowed<TKey>, Change<TValue>> _next;
    private readonly ISerde<TKey> _keySerde;
    private readonly string _node;
    private readonly WaitedResult<Windowed<TKey>, TValue> _waited;
    private readonly PooledBuffer _bytes = new();
    private readonly List<(int From, int Length, int Key)> _order = [];
    private readonly Comparison<(int From, int Length, int Key)> _byBytes;

    protected FinalResults(
        NodeSetup setup, Processor<Windowed<TKey>, Change<TValue>> next, ISerde<TKey> keySerde, ISerde<Windowed<TKey>> windowedKeys,
        ISerde<TValue> values)
    {
        _node = setup.Name;
        _waited = new WaitedResult<Windowed<TKey>, TValue>(setup.Task, windowedKeys, values);
        _next = next;
        _keySerde = keySerde;
        _byBytes = (x, y) => BytesOf(x).SequenceCompareTo(BytesOf(y));
        Timers = new WindowTimers<TKey>(KeyComparers.For<TKey>() ?? EqualityComparer<TKey>.Default);
    }

    protected WindowTimers<TKey> Timers { get; }

    /// <summary>A window of a key has its first result.</summary>
    public void Open(in TKey key, Window window) => Timers.Add(in key, window);

    /// <summary>A window of a key is no more: another one has taken its place.</summary>
    public void Forget(in TKey key, Window window) => Timers.Remove(in key, window);

    /// <summary>Finds the windows that are open when the task begins.</summary>
    /// <param name="closedEnd">Windows that end then or before are closed.</param>
    public abstract void Load(long closedEnd);

    /// <summary>
    /// Sends the results of closed windows on, by end, start and key. To be called before the record that closes them is
    /// written: it may let their rows expire.
    /// </summary>
    /// <param name="closedEnd">Windows that end then or before are closed.</param>
    /// <param name="headers">Headers of that record.</param>
    public void Close(long closedEnd, Headers? headers)
    {
        while (Timers.TryTake(closedEnd, out var window, out var keys))
        {
            Sort(keys);
            foreach (var (_, _, key) in _order)
            {
                if (TryRead(keys[key], window, out var row))
                {
                    Send(new Record<Windowed<TKey>, TValue>(
                        new Windowed<TKey>(keys[key], window), row.Value, row.Timestamp, headers));
                }
            }
        }
    }

    private void Send(in Record<Windowed<TKey>, TValue> result)
    {
        _waited.Begin(_node, in result);
        try
        {
            _next.Process(result.WithValue(new Change<TValue>(result.Value, hasNew: true, default!, hasOld: false)));
        }
        finally
        {
            _waited.End();
        }
    }

    /// <summary>Reads a result and its time.</summary>
    /// <returns>False where it was deleted.</returns>
    protected abstract bool TryRead(in TKey key, Window window, out ValueAndTimestamp<TValue> row);

    /// <summary>Orders keys by their bytes; one that was deleted and came again is there twice and counts once.</summary>
    private void Sort(List<TKey> keys)
    {
        _bytes.Clear();
        _order.Clear();
        for (var i = 0; i < keys.Count; i++)
        {
            var from = _bytes.Length;
            _keySerde.Serialize(keys[i], _bytes);
            _order.Add((from, _bytes.Length - from, i));
        }

        _order.Sort(_byBytes);
        var last = 0;
        for (var i = 1; i < _order.Count; i++)
        {
            if (!BytesOf(_order[i]).SequenceEqual(BytesOf(_order[last])))
            {
                _order[++last] = _order[i];
            }
        }

        if (_order.Count > 0)
        {
            _order.RemoveRange(last + 1, _order.Count - last - 1);
        }

        _bytes.Trim();
    }

    private ReadOnlySpan<byte> BytesOf((int From, int Length, int Key) entry) =>
        _bytes.Written.Slice(entry.From, entry.Length);
}

/// <summary>The final results of windows that are known by their starts.</summary>
internal sealed class WindowFinals<TKey, TValue>(
    NodeSetup setup, Processor<Windowed<TKey>, Change<TValue>> next, WindowStore<TKey, TValue> store, Func<long, Window> windowAt,
    long sizeMs)
    : FinalResults<TKey, TValue>(
        setup, next, store.RecordKeys, new TimeWindowedSerde<TKey>(store.RecordKeys, windowAt), store.Values)
{
    public override void Load(long closedEnd)
    {
        using var rows = store.ScanAll(Math.Max(0, EventTime.Subtract(closedEnd, sizeMs)), long.MaxValue);
        while (rows.MoveNext())
        {
            var (key, start, _) = rows.Key;
            var window = windowAt(start);
            if (window.End > closedEnd)
            {
                Timers.Add(in key, window);
            }
        }
    }

    protected override bool TryRead(in TKey key, Window window, out ValueAndTimestamp<TValue> row)
    {
        ref var entry = ref store.Find(in key, window.Start);
        row = entry.HasValue ? new ValueAndTimestamp<TValue>(entry.Value, entry.Timestamp) : default;
        return entry.HasValue;
    }
}
