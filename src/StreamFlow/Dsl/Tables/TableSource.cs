using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// The rows of a table that is read from a topic. They are kept only if somebody looks them up, by name or in a join:
/// until then the topic's records are handed on as they come.
/// </summary>
internal sealed class SourceRows<TKey, TValue> : TableRows<TKey, TValue>
{
    private readonly TopologyGraph _graph;
    private readonly StoreDescription _store;
    private readonly OperatorNode<TKey, TValue, TKey, Change<TValue>> _node;

    /// <param name="graph">The description.</param>
    /// <param name="name">Name of the operator.</param>
    /// <param name="input">The topic's records.</param>
    /// <param name="store">The store, should it be needed.</param>
    /// <param name="caching">Whether updates wait for the commit where there is a store.</param>
    public SourceRows(
        TopologyGraph graph, string name, Output<TKey, TValue> input, StoreDescription store, bool caching)
    {
        _graph = graph;
        _store = store;
        _node = new OperatorNode<TKey, TValue, TKey, Change<TValue>>(name, [input], (node, task, next) => AreKept
            ? new StoredTableProcessor<TKey, TValue>(
                node, task, new KeyedMaterialization<TKey, TValue>(task, next, store.Name, caching))
            : new PassingTableProcessor<TKey, TValue>(node, task, next));
        graph.Add(_node);
    }

    public Output<TKey, Change<TValue>> Output => _node.Output;

    private bool AreKept => _node.Stores.Count > 0;

    public override bool TrackOldValues() => AreKept;

    public override StoreDescription Store()
    {
        if (!AreKept)
        {
            _graph.Connect(_node, _store);
        }

        return _store;
    }

    public override RowReader<TKey, TValue> Reader(TaskContext task) =>
        new StoreReader<TKey, TValue>((KeyValueStore<TKey, TValue>)task.Store(_store.Name));
}

/// <summary>
/// Keeps the latest value of each key. The latest is the one that comes last, whatever its time, as in Kafka Streams; a
/// record without a value deletes the row.
/// </summary>
internal sealed class StoredTableProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly KeyedMaterialization<TKey, TValue> _rows;

    public StoredTableProcessor(string name, TaskContext task, KeyedMaterialization<TKey, TValue> rows)
        : base(name)
    {
        _task = task;
        _rows = rows;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this);
            return;
        }

        ref var row = ref _rows.Find(record.Key);
        if (row.HasValue && record.Timestamp < row.Timestamp)
        {
            _task.OutOfOrder(record.Timestamp, row.Timestamp, this);
        }

        _rows.Set(ref row, in record);
    }
}

/// <summary>Hands the records of a table's topic on as updates, without knowing what was there before.</summary>
internal sealed class PassingTableProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TValue>> _next;

    public PassingTableProcessor(string name, TaskContext task, Processor<TKey, Change<TValue>> next)
        : base(name)
    {
        _task = task;
        _next = next;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasKey)
        {
            _task.Drop(DropReason.NullKey, this);
            return;
        }

        _next.Process(record.WithValue(new Change<TValue>(record.Value, record.HasValue, default!, hasOld: false)));
    }
}
