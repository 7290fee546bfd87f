using StreamFlow.Dsl;
using StreamFlow.Planning;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string BranchPrefix = "KSTREAM-BRANCH-";

    /// <summary>
    /// Splits the stream: each record goes to the first branch whose condition it satisfies, to the default branch if it
    /// satisfies none, and nowhere if there is no default branch, which is not counted as dropped.
    /// </summary>
    /// <param name="name">
    /// Name of the operator, and beginning of the names of its branches; default generated, as
    /// <c>KSTREAM-BRANCH-0000000001</c>.
    /// </param>
    /// <returns>What branches are added to.</returns>
    /// <example><code>
    /// var branches = orders.Split("orders-")
    ///     .Branch((id, order) => order.Amount > 1000, new() { Name = "big" })
    ///     .DefaultBranch(new() { Name = "others" });
    /// branches["orders-big"].To("big-orders");
    /// </code></example>
    public BranchedKStream<TKey, TValue> Split(string? name = null)
    {
        var node = new BranchNode<TKey, TValue>(_graph.NodeName(name, BranchPrefix), _output);
        _graph.Add(node);
        return new BranchedKStream<TKey, TValue>(
            _graph, node, output => new KStream<TKey, TValue>(_graph, output, _keys, _values, _repartitionRequired));
    }
}
