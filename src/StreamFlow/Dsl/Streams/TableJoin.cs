using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    // What the last join read that had to send the stream through a topic; joins without a name read it too.
    private Output<TKey, TValue>? _joinInput;

    private KStream<TKey, TResult> JoinTable<TTableValue, TResult>(
        KTable<TKey, TTableValue> table, RowJoiner<TKey, TValue, TTableValue, TResult> joiner, string prefix,
        Joined<TKey, TValue>? joined)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (!ReferenceEquals(_graph, table.Graph))
        {
            throw new TopologyException(
                "A stream and a table of two builders cannot be joined: make both on one StreamsBuilder.");
        }

        joined ??= new Joined<TKey, TValue>();
        var serdes = new StreamSerdes<TKey, TValue>(_keys.Or(joined.KeySerde), _values.Or(joined.ValueSerde));
        var input = JoinInput(CheckedName(joined.Name), serdes);
        var rows = table.Rows;
        var name = _graph.NodeName(joined.Name, prefix);
        var grace = CheckedGrace(joined.GracePeriod, table.History, name);
        var buffer = grace is null ? null : new GraceBufferBuilder<TKey, TValue>(name + "-Buffer", serdes.Keys, serdes.Values);
        var node = new OperatorNode<TKey, TValue, TKey, TResult>(
            name,
            [input],
            (string _, TaskContext task, Processor<TKey, TResult> next) =>
            {
                var join = new TableJoinProcessor<TKey, TValue, TTableValue, TResult>(name, task, next, rows.Reader(task), joiner);
                return buffer is null ? join : new GraceJoinProcessor<TKey, TValue>(name, task, join, buffer.Name, grace!.Value);
            })
        {
            Rows = buffer is null ? null : new RowsDescription(buffer, OnDemand: false),
            LooksUp = [table.Node],
            ChangesValue = true,
            CopartitionedWith = [table.Node],
            TakesMissingKeys = joiner.IsLeft,
        };
        _graph.Add(node);
        return new KStream<TKey, TResult>(
            _graph, node.Output, serdes.Keys, SerdeSource<TResult>.Registered, repartitionRequired: false);
    }

    /// <summary>A record that waits finds the row of its time only where the table still has it.</summary>
    /// <returns>The grace in milliseconds, or null.</returns>
    private static long? CheckedGrace(TimeSpan? grace, TimeSpan? history, string name)
    {
        if (grace is not { } time)
        {
            return null;
        }

        return history is null
            ? throw new ArgumentException(
                $"{name} has a grace period, but its table has no history, so that a row of an earlier time is not known. Give the table one "
                + "(Materialized.History), or leave Joined.GracePeriod out.")
            : time > history
            ? throw new ArgumentException(
                $"The grace period of {name} is {Durations.Text(time)}, more than the history of its table, {Durations.Text(history.Value)}: rows "
                + "would be gone before they are looked up. Make the history at least as long.")
            : time.Ticks / TimeSpan.TicksPerMillisecond;
    }

    /// <summary>The records in the partitions of their keys.</summary>
    private Output<TKey, TValue> JoinInput(string? name, StreamSerdes<TKey, TValue> serdes)
    {
        if (!_repartitionRequired)
        {
            return _output;
        }

        // The numbers are used up by each join, also by those that share a topic.
        var names = RepartitionNames.Of(_graph, name ?? _output.Owner.Name);
        if (name is not null || _joinInput is null)
        {
            var repartition = new RepartitionNode<TKey, TValue>(names, _output, serdes) { IsImplied = true };
            _graph.Add(repartition);
            _joinInput = repartition.Output;
        }

        return _joinInput;
    }
}

/// <summary>What a join of a stream with a table makes of a record and a row.</summary>
/// <param name="Join">Makes the result of key, value and row.</param>
/// <param name="IsLeft">Whether records without a row have a result; those without a key never have a row.</param>
/// <param name="ShowsKey">Whether the user's function takes the key of a left join, which may be missing.</param>
internal sealed record RowJoiner<TKey, TValue, TRow, TResult>(
    Func<TKey, TValue, ValueAndTimestamp<TRow>?, TResult> Join, bool IsLeft = false, bool ShowsKey = false);

/// <summary>Looks up the row of each record; the table's updates do not come by here.</summary>
internal sealed class TableJoinProcessor<TKey, TValue, TRow, TResult> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, TResult> _next;
    private readonly RowReader<TKey, TRow> _rows;
    private readonly Func<TKey, TValue, ValueAndTimestamp<TRow>?, TResult> _join;
    private readonly bool _isLeft;
    private readonly bool _showsKey;

    public TableJoinProcessor(
        string name, TaskContext task, Processor<TKey, TResult> next, RowReader<TKey, TRow> rows,
        RowJoiner<TKey, TValue, TRow, TResult> joiner)
        : base(name)
    {
        _task = task;
        _next = next;
        _rows = rows;
        _join = joiner.Join;
        _isLeft = joiner.IsLeft;
        _showsKey = joiner.ShowsKey;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        if (!record.HasValue || (!record.HasKey && !_isLeft))
        {
            _task.Drop(record.HasValue ? DropReason.NullKey : DropReason.NullValue, this, record.Timestamp);
            return;
        }

        TResult result;
        try
        {
            var row = default(ValueAndTimestamp<TRow>);
            var hasRow = record.HasKey && _rows.TryRead(record.Key, record.Timestamp, out row);
            if (!hasRow && !_isLeft)
            {
                return;
            }

            if (_showsKey)
            {
                MissingParts.RequireKey(in record);
            }

            result = _join(record.Key, record.Value, hasRow ? row : null);
        }
        catch (Exception e) when (e is not StateStoreException)
        {
            // The functions a derived table is made with run here too; a store that cannot be read is no record's fault.
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        JoinedResults.HandOn(_next, Name, record.WithValue(result));
    }
}
