using System.Runtime.CompilerServices;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Describes the operator behind the source of a table.</summary>
internal static class TableSource
{
    /// <summary>
    /// The operator keeps the rows only if they have a name or somebody looks them up: until then the topic's records are
    /// handed on as they come. Values that others may keep too are shared.
    /// </summary>
    public static OperatorNode<TKey, TValue, TKey, Change<TValue>> Describe<TKey, TValue>(
        string name, Output<TKey, TValue> input, StoreBuilder store, Materialized<TKey, TValue> materialized,
        bool isAsRead, bool isShared = false)
    {
        var onDemand = !materialized.IsKept;
        return new OperatorNode<TKey, TValue, TKey, Change<TValue>>(name, [input], (setup, next) =>
            !onDemand || setup.Facts.KeepsRows
                ? new StoredTableProcessor<TKey, TValue>(
                    setup,
                    new KeyedMaterialization<TKey, TValue>(setup, next, store.Name, materialized.CachingEnabled),
                    isShared)
                : new PassingTableProcessor<TKey, TValue>(setup, next))
        {
            Rows = new RowsDescription(store, onDemand, isAsRead) { AreSafe = isShared },
        };
    }
}

/// <summary>
/// Keeps the latest value of each key. The latest is the one that comes last, whatever its time, as in Kafka Streams; a
/// record without a value deletes the row.
/// </summary>
internal sealed class StoredTableProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly KeyedMaterialization<TKey, TValue> _rows;
    private readonly bool _isShared;

    public StoredTableProcessor(NodeSetup setup, KeyedMaterialization<TKey, TValue> rows, bool isShared)
        : base(setup.Name)
    {
        _task = setup.Task;
        _rows = rows;
        _isShared = isShared;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this, record.Timestamp);
            return;
        }

        ref var row = ref Unsafe.NullRef<CacheEntry<TValue>>();
        try
        {
            row = ref _rows.Find(record.Key);
        }
        catch (Exception e) when (e is not StreamsException)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (row.HasValue && record.Timestamp < row.Timestamp)
        {
            _task.OutOfOrder(record.Timestamp, row.Timestamp, this);
        }

        _rows.Set(ref row, in record, _isShared);
    }
}

/// <summary>Hands the records of a table's topic on as updates, without knowing what was there before.</summary>
internal sealed class PassingTableProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TValue>> _next;

    public PassingTableProcessor(NodeSetup setup, Processor<TKey, Change<TValue>> next)
        : base(setup.Name)
    {
        _task = setup.Task;
        _next = next;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this, record.Timestamp);
            return;
        }

        _next.Process(record.WithValue(new Change<TValue>(record.Value, record.HasValue, default!, hasOld: false)));
    }
}
