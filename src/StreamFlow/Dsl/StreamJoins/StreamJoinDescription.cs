using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>The serdes of a join of two streams.</summary>
internal sealed record JoinSerdes<TKey, TLeft, TRight>(
    SerdeSource<TKey> Keys, SerdeSource<TLeft> Left, SerdeSource<TRight> Right);

/// <summary>
/// Describes a join of two streams: each side keeps its records and meets them with those the other side has kept, and what comes of
/// both is put into one stream.
/// </summary>
internal sealed class StreamJoinDescription<TKey, TLeft, TRight, TResult>
{
    private readonly TopologyGraph _graph;
    private readonly JoinNames _names;
    private readonly StreamJoiner<TKey, TLeft, TRight, TResult> _joiner;
    private readonly JoinWindows _windows;
    private readonly SideJoiner<TKey, TLeft, TRight, TResult> _left;
    private readonly SideJoiner<TKey, TRight, TLeft, TResult> _right;

    public StreamJoinDescription(
        TopologyGraph graph, JoinNames names, StreamJoiner<TKey, TLeft, TRight, TResult> joiner, JoinWindows windows)
    {
        (_graph, _names, _joiner, _windows) = (graph, names, joiner, windows);
        var join = joiner.Join;
        _left = new SideJoiner<TKey, TLeft, TRight, TResult>(
            (key, record, other) => join(key, record, other), joiner.Kind != StreamJoinKind.Inner, joiner.ShowsKey);
        _right = new SideJoiner<TKey, TRight, TLeft, TResult>(
            (key, record, other) => join(key, other, record), joiner.Kind == StreamJoinKind.Outer, joiner.ShowsKey);
    }

    private bool HasWaiting => _joiner.Kind != StreamJoinKind.Inner;

    /// <summary>Adds the operators.</summary>
    /// <returns>The results.</returns>
    public Output<TKey, TResult> Add(
        Output<TKey, TLeft> left, Output<TKey, TRight> right, JoinSerdes<TKey, TLeft, TRight> serdes,
        StreamJoined<TKey, TLeft, TRight> joined)
    {
        var leftWindow = Window(
            _names.LeftWindow, left, _names.LeftStore,
            JoinStores.Records(_names.LeftStore, serdes.Keys, serdes.Left, _windows, joined));
        var rightWindow = Window(
            _names.RightWindow, right, _names.RightStore,
            JoinStores.Records(_names.RightStore, serdes.Keys, serdes.Right, _windows, joined));
        var waiting = HasWaiting
            ? JoinStores.Waiting(_names.WaitingStore, serdes.Keys, serdes.Left, serdes.Right, joined)
            : null;
        var leftJoin = new OperatorNode<TKey, TLeft, TKey, TResult>(_names.LeftJoin, [leftWindow.Output], CreateLeft)
        {
            Rows = waiting,
            LooksUp = [rightWindow],
            CopartitionedWith = [rightWindow],
            ChangesValue = true,
            TakesMissingKeys = _left.HasResultAlone,
        };
        _graph.Add(leftJoin);
        var rightJoin = new OperatorNode<TKey, TRight, TKey, TResult>(_names.RightJoin, [rightWindow.Output], CreateRight)
        {
            LooksUp = HasWaiting ? [leftWindow, leftJoin] : [leftWindow],
            CopartitionedWith = [leftWindow],
            ChangesValue = true,
            TakesMissingKeys = _right.HasResultAlone,
        };
        _graph.Add(rightJoin);
        var merge = new OperatorNode<TKey, TResult, TKey, TResult>(
            _names.Merge,
            [leftJoin.Output, rightJoin.Output],
            (string name, TaskContext _, Processor<TKey, TResult> next) => new MergeProcessor<TKey, TResult>(name, next))
        {
            SelfJoin = CanBeOne ? new SelfJoinDescription(leftWindow, rightWindow, [leftJoin, rightJoin], () => Single(leftWindow)) : null,
        };
        _graph.Add(merge);
        return merge.Output;
    }

    /// <summary>
    /// Whether one node can do it where both sides are one stream: a record that is not in its own window may have to wait, which
    /// it cannot there.
    /// </summary>
    private bool CanBeOne => typeof(TLeft) == typeof(TRight) && (!HasWaiting || (_windows.BeforeMs >= 0 && _windows.AfterMs >= 0));

    private OperatorNode<TKey, T, TKey, T> Window<T>(string name, Output<TKey, T> input, string store, RowsDescription rows)
    {
        var node = new OperatorNode<TKey, T, TKey, T>(
            name,
            [input],
            (string node, TaskContext task, Processor<TKey, T> next) => new JoinWindowProcessor<TKey, T>(node, task, next, store))
        {
            Rows = rows,
        };
        _graph.Add(node);
        return node;
    }

    private StreamJoinProcessor<TKey, TLeft, TRight, TResult> CreateLeft(
        string name, TaskContext task, Processor<TKey, TResult> next) =>
        new(
            name,
            task,
            next,
            _left,
            _names.RightStore,
            new MeetingTimes(_windows.BeforeMs, _windows.AfterMs),
            HasWaiting ? new LeftWaiting<TKey, TLeft, TRight, TResult>(Waiting(task, next)) : null);

    private StreamJoinProcessor<TKey, TRight, TLeft, TResult> CreateRight(
        string name, TaskContext task, Processor<TKey, TResult> next) =>
        new(
            name,
            task,
            next,
            _right,
            _names.LeftStore,
            new MeetingTimes(_windows.AfterMs, _windows.BeforeMs),
            HasWaiting ? new RightWaiting<TKey, TLeft, TRight, TResult>(Waiting(task, next)) : null);

    private WaitingRecords<TKey, TLeft, TRight, TResult> Waiting(TaskContext task, Processor<TKey, TResult> next) =>
        task.Shared(this, () => new WaitingRecords<TKey, TLeft, TRight, TResult>(
            task,
            next,
            new WaitingSetup<TKey, TLeft, TRight, TResult>(
                _names.WaitingStore, _names.LeftStore, _names.RightStore, _windows, _left, _right)));

    private OperatorNode<TKey, TLeft, TKey, TResult> Single(OperatorNode<TKey, TLeft, TKey, TLeft> window)
    {
        // Both sides have one type, or it would not be asked for.
        var setup = new SelfJoinSetup<TKey, TLeft, TResult>(
            _names.LeftStore,
            _windows,
            (SideJoiner<TKey, TLeft, TLeft, TResult>)(object)_left,
            (SideJoiner<TKey, TLeft, TLeft, TResult>)(object)_right);
        return new OperatorNode<TKey, TLeft, TKey, TResult>(
            _names.Merge,
            [window.Output],
            (string name, TaskContext task, Processor<TKey, TResult> next) =>
                new SelfJoinProcessor<TKey, TLeft, TResult>(name, task, next, setup))
        {
            LooksUp = [window],
            ChangesValue = true,
            TakesMissingKeys = _left.HasResultAlone,
        };
    }
}
