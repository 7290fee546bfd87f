using System.Buffers.Binary;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// The records of a left or outer join that have met none of the other stream, in one task. They wait in a store, ordered by time,
/// until none can come any more: their window and the grace are over. Then, and not before, their result says so. Kafka Streams
/// tells it at once of a record whose window alone is over, and later than need be of others.
/// </summary>
internal sealed class WaitingRecords<TKey, TLeft, TRight, TResult>
{
    // How far behind what is due a scan looks, to know when to come again: that part of a record's time to wait.
    private const int LookAhead = 8;
    private readonly TaskContext _task;
    private readonly Processor<TKey, TResult> _next;
    private readonly ListStore<WaitingKey<TKey>, WaitingValue<TLeft, TRight>> _store;
    private readonly SideJoiner<TKey, TLeft, TRight, TResult> _left;
    private readonly SideJoiner<TKey, TRight, TLeft, TResult> _right;
    private readonly Func<long> _storedTime;
    private readonly WaitingOrder _leftOrder;
    private readonly WaitingOrder? _rightOrder;
    private readonly WaitedResult<TKey, TLeft> _waitedLeft;
    private readonly WaitedResult<TKey, TRight> _waitedRight;
    private long _streamTime = -1;
    private bool _hasStarted;

    public WaitingRecords(TaskContext task, Processor<TKey, TResult> next, WaitingSetup<TKey, TLeft, TRight, TResult> setup)
    {
        _task = task;
        _next = next;
        _store = (ListStore<WaitingKey<TKey>, WaitingValue<TLeft, TRight>>)task.Store(setup.Store);
        (_left, _right) = (setup.Left, setup.Right);
        _leftOrder = new WaitingOrder(JoinSide.Left, setup.Windows.AfterMs + setup.Windows.GraceMs);
        _rightOrder = setup.Right.HasResultAlone
            ? new WaitingOrder(JoinSide.Right, setup.Windows.BeforeMs + setup.Windows.GraceMs)
            : null;
        var left = (WindowStore<TKey, TLeft>)task.Store(setup.LeftStore);
        var right = (WindowStore<TKey, TRight>)task.Store(setup.RightStore);
        _waitedLeft = new WaitedResult<TKey, TLeft>(task, left.RecordKeys, left.Values);
        _waitedRight = new WaitedResult<TKey, TRight>(task, right.RecordKeys, right.Values);
        _storedTime = () => Math.Max(left.StreamTime, right.StreamTime);
    }

    public void Observe(long timestamp)
    {
        if (!_hasStarted)
        {
            // What the join has seen before a restart is not to open again.
            _hasStarted = true;
            _streamTime = _storedTime();
        }

        _streamTime = Math.Max(_streamTime, timestamp);
    }

    public bool TryAdd(WaitingKey<TKey> key, WaitingValue<TLeft, TRight> value)
    {
        var order = key.Side == JoinSide.Left ? _leftOrder : _rightOrder!;
        if (key.Timestamp < order.DueBefore(_streamTime))
        {
            return false;
        }

        _store.Add(in key, value, key.Timestamp);
        order.Added(key.Timestamp);
        return true;
    }

    public void Met(WaitingKey<TKey> key, long now)
    {
        var order = key.Side == JoinSide.Left ? _leftOrder : _rightOrder;
        if (order is not null && key.Timestamp >= order.First)
        {
            _store.Remove(in key, now);
        }
    }

    public void HandOnDue(Node node, Headers? headers)
    {
        if (_leftOrder.HasDue(_streamTime) || _rightOrder?.HasDue(_streamTime) == true)
        {
            HandOnAll(node, headers);
        }
    }

    /// <summary>Both sides in the order of the store: by time, at one time the right one first, then by key.</summary>
    private void HandOnAll(Node node, Headers? headers)
    {
        using var left = Scan(_leftOrder);
        using var right = _rightOrder is null ? null : Scan(_rightOrder);
        var hasLeft = _leftOrder.MoveNext(left);
        var hasRight = right is not null && _rightOrder!.MoveNext(right);
        while (hasLeft || hasRight)
        {
            if (hasLeft && (!hasRight || left.Key.Timestamp < right!.Key.Timestamp))
            {
                HandOn(node, left.Key, left.Value, headers);
                hasLeft = _leftOrder.MoveNext(left);
            }
            else
            {
                HandOn(node, right!.Key, right.Value, headers);
                hasRight = _rightOrder!.MoveNext(right);
            }
        }
    }

    private StoreIterator<WaitingKey<TKey>, ItemList<WaitingValue<TLeft, TRight>>> Scan(WaitingOrder order)
    {
        Span<byte> from = stackalloc byte[sizeof(long)];
        Span<byte> to = stackalloc byte[sizeof(long)];
        var (first, end) = order.Begin(_streamTime, LookAhead);
        BinaryPrimitives.WriteInt64BigEndian(from, first);
        BinaryPrimitives.WriteInt64BigEndian(to, end);
        return _store.Scan(from, to);
    }

    private void HandOn(
        Node node, in WaitingKey<TKey> key, in ItemList<WaitingValue<TLeft, TRight>> values, Headers? headers)
    {
        for (var i = 0; i < values.Count; i++)
        {
            var value = values[i];
            if (key.Side == JoinSide.Left)
            {
                HandOn(node, _left, _waitedLeft, new Record<TKey, TLeft>(key.Key, value.Left, key.Timestamp, headers));
            }
            else
            {
                HandOn(node, _right, _waitedRight, new Record<TKey, TRight>(key.Key, value.Right, key.Timestamp, headers));
            }
        }

        _store.Remove(in key, _streamTime);
    }

    private void HandOn<TThis, TOther>(
        Node node, SideJoiner<TKey, TThis, TOther, TResult> joiner, WaitedResult<TKey, TThis> waited, in Record<TKey, TThis> record)
    {
        waited.Begin(node.Name, in record);
        try
        {
            if (joiner.TryJoin(_task, node, in record, other: null, out var result))
            {
                _next.Process(in result);
            }
        }
        finally
        {
            waited.End();
        }
    }
}

/// <summary>What the waiting records of a join are made with in each task.</summary>
/// <param name="Store">Name of the store of waiting records.</param>
/// <param name="LeftStore">Name of the store of the left side's records.</param>
/// <param name="RightStore">Name of the store of the right side's records.</param>
/// <param name="Windows">How long they wait.</param>
/// <param name="Left">Makes the results of the left side.</param>
/// <param name="Right">Makes the results of the right side.</param>
internal sealed record WaitingSetup<TKey, TLeft, TRight, TResult>(
    string Store, string LeftStore, string RightStore, JoinWindows Windows, SideJoiner<TKey, TLeft, TRight, TResult> Left,
    SideJoiner<TKey, TRight, TLeft, TResult> Right);
