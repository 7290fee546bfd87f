using System.Globalization;
using StreamFlow.Dsl;
using StreamFlow.Planning;

namespace StreamFlow;

/// <summary>A stream that is being split: add branches, then end with one of the two last methods.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed class BranchedKStream<TKey, TValue>
{
    private readonly TopologyGraph _graph;
    private readonly BranchNode<TKey, TValue> _node;
    private readonly Func<Output<TKey, TValue>, KStream<TKey, TValue>> _streamOf;
    private readonly Dictionary<string, KStream<TKey, TValue>> _branches = new(StringComparer.Ordinal);
    private int _count;

    internal BranchedKStream(
        TopologyGraph graph, BranchNode<TKey, TValue> node, Func<Output<TKey, TValue>, KStream<TKey, TValue>> streamOf)
    {
        _graph = graph;
        _node = node;
        _streamOf = streamOf;
    }

    /// <summary>
    /// Adds a branch of the records that satisfy a condition and none of the branches before. A record without key or value
    /// that the condition's types cannot express is an error, and the processing error handler decides.
    /// </summary>
    /// <param name="predicate">The condition on key and value.</param>
    /// <param name="branched">Name of the branch and what becomes of it, or <see langword="null"/> for defaults.</param>
    /// <returns>The same, for the next branch.</returns>
    /// <exception cref="TopologyException">
    /// The name is none, or taken; there is a default branch already; or both a consumer and a function are given.
    /// </exception>
    /// <example><code>orders.Split().Branch((id, order) => order.Amount > 1000, new() { Consumer = big => big.To("big") })</code></example>
    public BranchedKStream<TKey, TValue> Branch(
        Func<TKey, TValue, bool> predicate, Branched<TKey, TValue>? branched = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        Add(new RecordFunction<TKey, TValue, bool>(predicate), branched, ++_count);
        return this;
    }

    /// <summary>
    /// Adds a branch of the records that satisfy a condition on the record as a whole, tombstones included, and none of the
    /// branches before.
    /// </summary>
    /// <param name="predicate">The condition.</param>
    /// <param name="branched">Name of the branch and what becomes of it, or <see langword="null"/> for defaults.</param>
    /// <returns>The same, for the next branch.</returns>
    /// <inheritdoc cref="Branch(Func{TKey, TValue, bool}, Branched{TKey, TValue})" path="/exception"/>
    /// <example><code>amounts.Split().Branch(record => record.HasValue, new() { Name = "updates" })</code></example>
    public BranchedKStream<TKey, TValue> Branch(
        Func<Record<TKey, TValue>, bool> predicate, Branched<TKey, TValue>? branched = null)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        Add(new RecordFunction<TKey, TValue, bool>(predicate), branched, ++_count);
        return this;
    }

    /// <summary>Ends with a branch of all records that satisfy no condition.</summary>
    /// <param name="branched">Name of the branch and what becomes of it, or <see langword="null"/> for defaults.</param>
    /// <returns>The branches by their whole names, in their order, without those that a consumer has taken.</returns>
    /// <inheritdoc cref="Branch(Func{TKey, TValue, bool}, Branched{TKey, TValue})" path="/exception"/>
    public IReadOnlyDictionary<string, KStream<TKey, TValue>> DefaultBranch(Branched<TKey, TValue>? branched = null)
    {
        Add(null, branched, 0);
        return _branches;
    }

    /// <summary>Ends without a default branch: records that satisfy no condition go nowhere.</summary>
    /// <returns>The branches by their whole names, in their order, without those that a consumer has taken.</returns>
    public IReadOnlyDictionary<string, KStream<TKey, TValue>> NoDefaultBranch() => _branches;

    private void Add(RecordFunction<TKey, TValue, bool>? predicate, Branched<TKey, TValue>? branched, int number)
    {
        _graph.EnsureOpen();
        var name = _node.Name + (branched?.Name ?? number.ToString(CultureInfo.InvariantCulture));
        if (branched is { Consumer: not null, Function: not null })
        {
            throw new TopologyException($"Branch '{name}' has both a Consumer and a Function. Give the one that is to have it.");
        }

        var output = _node.AddBranch(name, predicate);

        // The number is used up, as by every operator that has a name.
        var node = new OperatorNode<TKey, TValue, TKey, TValue>(
            _graph.NodeName(name, string.Empty),
            [output],
            (node, _, next) => new MergeProcessor<TKey, TValue>(node, next));
        _graph.Add(node);
        Hand(name, _streamOf(node.Output), branched);
    }

    private void Hand(string name, KStream<TKey, TValue> branch, Branched<TKey, TValue>? branched)
    {
        if (branched?.Consumer is { } consumer)
        {
            consumer(branch);
        }
        else if (branched?.Function is { } function)
        {
            if (function(branch) is { } made)
            {
                _branches.Add(name, made);
            }
        }
        else
        {
            _branches.Add(name, branch);
        }
    }
}
