using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>A node of a running task: created with it, linked once, used by the task's thread alone.</summary>
internal abstract class Node
{
    protected Node(string name) => Name = name;

    public string Name { get; }

    /// <summary>Called once, parents before children, when the task's stores are open (not yet restored).</summary>
    public virtual void Init(TaskContext context)
    {
    }

    public virtual void Close()
    {
    }
}

/// <summary>A node that takes records; a hop from node to node is one call of <see cref="Process"/>.</summary>
internal abstract class Processor<TKey, TValue> : Node
{
    protected Processor(string name)
        : base(name)
    {
    }

    public abstract void Process(in Record<TKey, TValue> record);
}

/// <summary>Hands each record to several children, in the order they were added to the topology.</summary>
internal sealed class FanOut<TKey, TValue> : Processor<TKey, TValue>
{
    private readonly Processor<TKey, TValue>[] _children;

    public FanOut(Processor<TKey, TValue>[] children)
        : base("fan-out") => _children = children;

    public override void Process(in Record<TKey, TValue> record)
    {
        foreach (var child in _children)
        {
            child.Process(in record);
        }
    }
}

/// <summary>The end of a branch that nobody listens to.</summary>
internal sealed class NoOutput<TKey, TValue> : Processor<TKey, TValue>
{
    public static readonly NoOutput<TKey, TValue> Instance = new();

    private NoOutput()
        : base("terminus")
    {
    }

    public override void Process(in Record<TKey, TValue> record)
    {
    }
}
