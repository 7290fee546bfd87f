using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow.Dsl;

/// <summary>
/// In the left table's task: tells the partition of a row's foreign key that the row is there, has changed, or goes. Whether a foreign
/// key is another one is a matter of its bytes.
/// </summary>
internal sealed class SubscriptionSendProcessor<TKey, TValue, TOtherKey> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly Processor<TOtherKey, Subscription<TKey>> _next;
    private readonly Func<TKey, TValue, TOtherKey> _foreignKey;
    private readonly ISerde<TOtherKey> _foreignKeys;
    private readonly ValueHasher<TValue> _hasher;
    private readonly bool _isLeft;
    private readonly PooledBuffer _bytesNow = new();
    private readonly PooledBuffer _bytesBefore = new();

    public SubscriptionSendProcessor(
        (string Name, TaskContext Task) node, Processor<TOtherKey, Subscription<TKey>> next,
        Func<TKey, TValue, TOtherKey> foreignKey, ISerde<TOtherKey> foreignKeys, ValueHasher<TValue> hasher, bool isLeft)
        : base(node.Name)
    {
        _task = node.Task;
        _next = next;
        _foreignKey = foreignKey;
        _foreignKeys = foreignKeys;
        _hasher = hasher;
        _isLeft = isLeft;
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        if (!record.HasKey || !record.Value.IsLatest)
        {
            _task.Drop(record.HasKey ? DropReason.Superseded : DropReason.NullKey, this, record.Timestamp);
            return;
        }

        ValueHash? hash;
        try
        {
            hash = record.Value.HasNew ? _hasher.Hash(record.Value.New) : null;
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        var keys = Find(in record, hash);
        if (_isLeft)
        {
            SendLeft(in record, in keys);
        }
        else
        {
            SendInner(in record, in keys);
        }
    }

    private ForeignKeys Find(in Record<TKey, Change<TValue>> record, ValueHash? hash)
    {
        var change = record.Value;
        var (now, before) = (default(TOtherKey)!, default(TOtherKey)!);
        var isFound = change.HasNew && TryFind(in record, change.New, isOld: false, _bytesNow, out now);
        var hasNow = isFound && !Missing.Is(now);
        var knowsBefore = !change.HasOld || TryFind(in record, change.Old, isOld: true, _bytesBefore, out before);
        var hasBefore = change.HasOld && knowsBefore && !Missing.Is(before);
        return new ForeignKeys
        {
            Now = now,
            HasNow = hasNow,
            HasNone = isFound && !hasNow,
            Before = before,
            HasBefore = hasBefore,
            KnowsBefore = knowsBefore,
            AreSame = hasNow && hasBefore && _bytesNow.Written.SequenceEqual(_bytesBefore.Written),
            Hash = hash,
        };
    }

    /// <summary>
    /// Takes the foreign key out of a value, and writes it. A value on which that fails is as one that has none, and the handler
    /// has dealt with it.
    /// </summary>
    private bool TryFind(
        in Record<TKey, Change<TValue>> record, TValue value, bool isOld, PooledBuffer bytes, out TOtherKey key)
    {
        try
        {
            key = _foreignKey(record.Key, value);
            bytes.Clear();
            if (!Missing.Is(key) && record.Value.HasNew && record.Value.HasOld)
            {
                // Only to compare the two.
                _foreignKeys.Serialize(key, bytes);
            }

            return true;
        }
        catch (Exception e)
        {
            _task.Errors.HandleValue(_task, this, in record, isOld, e);
            key = default!;
            return false;
        }
    }

    /// <summary>A row has one result whatever happens to it: the one with the foreign key that it has now, if it has one.</summary>
    private void SendLeft(in Record<TKey, Change<TValue>> record, in ForeignKeys keys)
    {
        if (keys.HasBefore && !keys.AreSame)
        {
            Send(in record, keys.Before, hasKey: true, SubscriptionInstruction.Unsubscribe, keys.Hash);
        }

        if (record.Value.HasNew || record.Value.HasOld)
        {
            Send(in record, keys.Now, keys.HasNow, SubscriptionInstruction.Answer, keys.Hash);
        }
    }

    private void SendInner(in Record<TKey, Change<TValue>> record, in ForeignKeys keys)
    {
        if (keys.HasNow && (!keys.HasBefore || keys.AreSame))
        {
            // The row on which the function failed asked for its result to go, which may be under way and outdated by now.
            var instruction = keys.KnowsBefore ? SubscriptionInstruction.AnswerIfThere : SubscriptionInstruction.Answer;
            Send(in record, keys.Now, hasKey: true, instruction, keys.Hash);
        }
        else if (keys.HasNow)
        {
            // The result with the former row must go, even if there is no other row now.
            Send(in record, keys.Before, hasKey: true, SubscriptionInstruction.Unsubscribe, keys.Hash);
            Send(in record, keys.Now, hasKey: true, SubscriptionInstruction.Answer, keys.Hash);
        }
        else
        {
            if (keys.HasBefore)
            {
                Send(in record, keys.Before, hasKey: true, SubscriptionInstruction.UnsubscribeAndAnswer, keys.Hash);
            }

            if (keys.HasNone)
            {
                _task.Drop(DropReason.NullKey, this, record.Timestamp);
            }
        }
    }

    private void Send(
        in Record<TKey, Change<TValue>> record, TOtherKey foreignKey, bool hasKey, SubscriptionInstruction instruction,
        ValueHash? hash)
    {
        var subscription = new Subscription<TKey>(record.Key, instruction, hash, _task.TaskId.Partition);
        _next.Process(Record<TOtherKey, Subscription<TKey>>.Create(
            foreignKey, hasKey, subscription, hasValue: true, record.Timestamp, record.Headers));
    }

    private readonly struct ForeignKeys
    {
        public required TOtherKey Now { get; init; }

        public required bool HasNow { get; init; }

        /// <summary>Whether the row says that it has no foreign key.</summary>
        public required bool HasNone { get; init; }

        public required TOtherKey Before { get; init; }

        public required bool HasBefore { get; init; }

        /// <summary>Whether the function did not fail on the value before.</summary>
        public required bool KnowsBefore { get; init; }

        public required bool AreSame { get; init; }

        public required ValueHash? Hash { get; init; }
    }
}
