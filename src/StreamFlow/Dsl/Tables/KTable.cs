using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Records;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// A table: the latest value of each key, kept up to date as records come. The type is only a handle on a place in the
/// description.
/// </summary>
/// <typeparam name="TKey">Type of the keys; of a windowed table <see cref="Windowed{TKey}"/>.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed partial class KTable<TKey, TValue>
{
    private readonly TopologyGraph _graph;
    private readonly Output<TKey, Change<TValue>> _output;
    private readonly SerdeSource<TKey> _keys;
    private readonly SerdeSource<TValue> _values;

    internal KTable(
        TopologyGraph graph, Output<TKey, Change<TValue>> output, SerdeSource<TKey> keys, SerdeSource<TValue> values,
        TableRows<TKey, TValue> rows)
    {
        AsyncFunctions.RefuseResult<TKey>();
        AsyncFunctions.RefuseResult<TValue>();
        _graph = graph;
        _output = output;
        _keys = keys;
        _values = values;
        Rows = rows;
    }

    internal TopologyGraph Graph => _graph;

    /// <summary>The node its updates come from.</summary>
    internal NodeDescription Node => _output.Owner;

    /// <summary>Where its rows can be looked up.</summary>
    internal TableRows<TKey, TValue> Rows { get; }
}
