using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Decides which branch a record goes to. It stands in the description, with its name and number, before its branches are
/// known: they are added until the topology is built.
/// </summary>
internal sealed class BranchNode<TKey, TValue> : InputNode<TKey, TValue>
{
    private readonly List<RecordFunction<TKey, TValue, bool>> _predicates = [];
    private readonly List<Output<TKey, TValue>> _outputs = [];
    private bool _hasDefault;

    public BranchNode(string name, Output<TKey, TValue> input)
        : base(name, NodeKind.Processor, [input])
    {
    }

    public override IReadOnlyList<Output> Outputs => _outputs;

    /// <summary>Adds a branch behind the others; without a condition it is the last one.</summary>
    public Output<TKey, TValue> AddBranch(string name, RecordFunction<TKey, TValue, bool>? predicate)
    {
        if (_hasDefault)
        {
            throw new TopologyException(
                $"Branch '{name}' comes after the default branch of '{Name}', which takes all that is left. Add it before.");
        }

        var output = new Output<TKey, TValue>(this);
        _outputs.Add(output);
        _hasDefault = predicate is null;
        if (predicate is { } condition)
        {
            _predicates.Add(condition);
        }

        return output;
    }

    public override string Detail(IEnumerable<StoreBuilder> stores) => "stores: []";

    public override Processor<TKey, TValue> CreateProcessor(TaskLinker linker) =>
        new BranchProcessor<TKey, TValue>(Name, linker.Task, [.. _predicates], [.. _outputs.Select(linker.Next)]);
}

internal sealed class BranchProcessor<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly TaskContext _task;
    private readonly RecordFunction<TKey, TValue, bool>[] _predicates;

    // One more than there are conditions where there is a default branch.
    private readonly Processor<TKey, TValue>[] _branches;

    public BranchProcessor(
        string name, TaskContext task, RecordFunction<TKey, TValue, bool>[] predicates, Processor<TKey, TValue>[] branches)
        : base(name)
    {
        _task = task;
        _predicates = predicates;
        _branches = branches;
    }

    public override void Process(in Record<TKey, TValue> record)
    {
        int branch;
        try
        {
            branch = Choose(in record);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        if (branch < _branches.Length)
        {
            _branches[branch].Process(in record);
        }
    }

    private int Choose(in Record<TKey, TValue> record)
    {
        var branch = 0;
        while (branch < _predicates.Length && !_predicates[branch].Invoke(in record))
        {
            branch++;
        }

        return branch;
    }
}
