using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// A stream of records: each stands for itself, a later one with the same key does not replace it. The type is only a
/// handle on a place in the description; operators add to the description and return the next handle.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed partial class KStream<TKey, TValue>
{
    private readonly TopologyGraph _graph;
    private readonly Output<TKey, TValue> _output;
    private readonly SerdeSource<TKey> _keys;
    private readonly SerdeSource<TValue> _values;

    // Whether the key changed since records were last put in the partition of their key.
    private readonly bool _repartitionRequired;

    internal KStream(
        TopologyGraph graph, Output<TKey, TValue> output, SerdeSource<TKey> keys, SerdeSource<TValue> values,
        bool repartitionRequired)
    {
        AsyncFunctions.RefuseResult<TKey>();
        AsyncFunctions.RefuseResult<TValue>();
        _graph = graph;
        _output = output;
        _keys = keys;
        _values = values;
        _repartitionRequired = repartitionRequired;
    }

    /// <summary>Adds an operator that keeps key and value types.</summary>
    internal KStream<TKey, TValue> Append(
        string? name, string prefix, OperatorFactory<TKey, TValue, TKey, TValue> factory) =>
        new(_graph, AddOperator(name, prefix, factory), _keys, _values, _repartitionRequired);

    /// <summary>Adds an operator that keeps keys and makes new values.</summary>
    private KStream<TKey, TNewValue> AppendValues<TNewValue>(
        string? name, string prefix, OperatorFactory<TKey, TValue, TKey, TNewValue> factory) =>
        new(_graph, AddOperator(name, prefix, factory, changesValue: true), _keys, SerdeSource<TNewValue>.Registered, _repartitionRequired);

    /// <summary>Adds an operator that may change keys, so that they are no longer in the partition of their hash.</summary>
    private KStream<TNewKey, TNewValue> AppendRekeyed<TNewKey, TNewValue>(
        string? name, string prefix, OperatorFactory<TKey, TValue, TNewKey, TNewValue> factory,
        SerdeSource<TNewValue> values) =>
        new(_graph, AddOperator(name, prefix, factory, changesKey: true), SerdeSource<TNewKey>.Registered, values, repartitionRequired: true);

    private Output<TNewKey, TNewValue> AddOperator<TNewKey, TNewValue>(
        string? name, string prefix, OperatorFactory<TKey, TValue, TNewKey, TNewValue> factory, bool changesKey = false,
        bool changesValue = false)
    {
        var node = new OperatorNode<TKey, TValue, TNewKey, TNewValue>(_graph.NodeName(name, prefix), [_output], factory)
        {
            ChangesKey = changesKey,
            ChangesValue = changesValue,
        };
        _graph.Add(node);
        return node.Output;
    }
}
