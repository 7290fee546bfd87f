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

    /// <summary>
    /// Name of the store that the rows can be queried by (<c>Materialized.Name</c>), or <see langword="null"/> where none was given.
    /// </summary>
    public string? QueryableStoreName { get; internal init; }

    internal TopologyGraph Graph => _graph;

    internal SerdeSource<TKey> Keys => _keys;

    internal SerdeSource<TValue> Values => _values;

    internal Output<TKey, Change<TValue>> Output => _output;

    /// <summary>How long earlier versions of the rows are kept; null where they are not.</summary>
    internal TimeSpan? History { get; init; }

    /// <summary>The node its updates come from.</summary>
    internal NodeDescription Node => _output.Owner;

    /// <summary>Where its rows can be looked up.</summary>
    internal TableRows<TKey, TValue> Rows { get; }
}
