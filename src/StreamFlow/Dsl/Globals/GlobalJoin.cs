using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    // Inner joins have that name too, in Kafka Streams as well.
    private const string GlobalJoinPrefix = "KSTREAM-LEFTJOIN-";

    private KStream<TKey, TResult> JoinGlobal<TGlobalKey, TGlobal, TResult>(
        GlobalKTable<TGlobalKey, TGlobal> table, Func<TKey, TValue, TGlobalKey?> selector,
        RowJoiner<TKey, TValue, TGlobal, TResult> joiner, string? name)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(selector);
        if (!ReferenceEquals(_graph, table.Graph))
        {
            throw new TopologyException(
                "A stream and a global table of two builders cannot be joined: make both on one StreamsBuilder.");
        }

        var store = table.QueryableStoreName;
        var node = new OperatorNode<TKey, TValue, TKey, TResult>(
            _graph.NodeName(name, GlobalJoinPrefix),
            [_output],
            (string node, TaskContext task, Processor<TKey, TResult> next) => new GlobalJoinProcessor<TKey, TValue, TGlobal, TResult>(
                node, task, next, new GlobalLookup<TKey, TValue, TGlobalKey, TGlobal>(task, store, selector), joiner))
        {
            ChangesValue = true,
            TakesMissingKeys = joiner.IsLeft,
        };
        _graph.Add(node);
        return new KStream<TKey, TResult>(
            _graph, node.Output, _keys, SerdeSource<TResult>.Registered, _repartitionRequired);
    }
}

/// <summary>Looks up the row of each record in a global table.</summary>
internal sealed class GlobalJoinProcessor<TKey, TValue, TRow, TResult> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TResult> _next;
    private readonly GlobalLookup<TKey, TValue, TRow> _rows;
    private readonly RowJoiner<TKey, TValue, TRow, TResult> _joiner;

    public GlobalJoinProcessor(
        string name, TaskContext task, Processor<TKey, TResult> next, GlobalLookup<TKey, TValue, TRow> rows,
        RowJoiner<TKey, TValue, TRow, TResult> joiner)
        : base(name)
    {
        _task = task;
        _next = next;
        _rows = rows;
        _joiner = joiner;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (MissingParts.HideValue(in record))
        {
            _task.Drop(DropReason.NullValue, this, record.Timestamp);
            return;
        }

        TResult result;
        try
        {
            // The selector is asked first, whatever the record is, as in Kafka Streams.
            var hasKey = _rows.TryFind(in record, out var row);
            if (!record.HasValue || (!hasKey && !_joiner.IsLeft))
            {
                _task.Drop(record.HasValue ? DropReason.NullKey : DropReason.NullValue, this, record.Timestamp);
                return;
            }

            if (row is null && !_joiner.IsLeft)
            {
                return;
            }

            result = _joiner.Join(record.Key, record.Value, row);
        }
        catch (Exception e) when (e is not StateStoreException)
        {
            // A store that cannot be read is no record's fault.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        JoinedResults.HandOn(_next, Name, record.WithValue(result));
    }
}
