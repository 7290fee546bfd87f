using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string JoinThisPrefix = "KTABLE-JOINTHIS-";
    private const string JoinOtherPrefix = "KTABLE-JOINOTHER-";
    private const string JoinPrefix = "KTABLE-MERGE-";

    private KTable<TKey, TResult> JoinTable<TOther, TResult>(
        KTable<TKey, TOther> other, PairJoiner<TKey, TValue, TOther, TResult> joiner,
        Materialized<TKey, TResult>? materialized)
    {
        ArgumentNullException.ThrowIfNull(other);
        RequireSameBuilder(other.Graph);
        var view = DescribeJoin(materialized);
        var given = materialized?.ProcessorName;
        var name = _graph.NodeName(given, JoinPrefix);
        var turns = new object();
        var joinThis = DescribeSide(
            _graph.NodeName(given is null ? null : given + "-join-this", JoinThisPrefix), this, other, joiner, turns);
        var joinOther = DescribeSide(
            _graph.NodeName(given is null ? null : given + "-join-other", JoinOtherPrefix), other, this, joiner.Reversed(), turns);
        _graph.Add(joinThis);
        _graph.Add(joinOther);
        var node = new OperatorNode<TKey, Change<TResult>, TKey, Change<TResult>>(
            name,
            [joinThis.Output, joinOther.Output],
            (setup, next) => view.IsKept ? view.Next(setup, next) : new JoinedTablesProcessor<TKey, TResult>(setup.Name, next))
        {
            Rows = view.Rows,
            AsksToo = [Node, other.Node],
            CopartitionedWith = [Node, other.Node],
        };
        _graph.Add(node);
        var rows = new JoinedRows<TKey, TValue, TOther, TResult>(Rows, other.Rows, joiner);
        return view.Table((_graph, node.Output), _keys, SerdeSource<TResult>.Registered, rows);
    }

    /// <summary>What one side does when one of its rows changes.</summary>
    private static OperatorNode<TKey, Change<TThis>, TKey, Change<TResult>> DescribeSide<TThis, TOther, TResult>(
        string name, KTable<TKey, TThis> table, KTable<TKey, TOther> other, PairJoiner<TKey, TThis, TOther, TResult> joiner,
        object turns)
    {
        var (mine, others) = (table.Rows, other.Rows);
        return new OperatorNode<TKey, Change<TThis>, TKey, Change<TResult>>(
            name,
            [table.Output],
            (setup, next) =>
            {
                var reader = others.Reader(setup.Task, skipsFailing: true);
                var both = setup.Facts.MeetsItself
                    ? OneChange<TKey, TThis, TOther>.Of(setup.Task, turns, mine.Reader(setup.Task), reader)
                    : null;
                return new TablePairProcessor<TKey, TThis, TOther, TResult>(setup, next, reader, joiner, both);
            })
        {
            LooksUp = [other.Node],
            LooksUpTold = true,
            ChangesValue = true,
            OldValues = joiner.NeedsOther ? OldValueDemand.None : OldValueDemand.Always,
        };
    }

    private TableView<TKey, TResult> DescribeJoin<TResult>(Materialized<TKey, TResult>? materialized)
    {
        materialized ??= new Materialized<TKey, TResult>();
        return materialized.IsKept || materialized.SaysHow
            ? TableView<TKey, TResult>.Describe(
                _graph.StoreName(materialized.Name, JoinPrefix), materialized, _keys, SerdeSource<TResult>.Registered)
            : new TableView<TKey, TResult>(materialized, null);
    }

    private void RequireSameBuilder(TopologyGraph other)
    {
        if (!ReferenceEquals(_graph, other))
        {
            throw new TopologyException("Tables of two builders cannot be joined: make both on one StreamsBuilder.");
        }
    }
}

/// <summary>Brings the results of both sides together.</summary>
internal sealed class JoinedTablesProcessor<TKey, TResult>(string name, Processor<TKey, Change<TResult>> next)
    : Processor<TKey, Change<TResult>>(name)
{
    public override void Process(in Record<TKey, Change<TResult>> record) => next.Process(in record);
}
