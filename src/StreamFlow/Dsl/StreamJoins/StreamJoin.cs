using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private KStream<TKey, TResult> JoinStream<TOther, TResult>(
        KStream<TKey, TOther> other, StreamJoiner<TKey, TValue, TOther, TResult> joiner, JoinWindows windows,
        StreamJoined<TKey, TValue, TOther>? joined)
    {
        ArgumentNullException.ThrowIfNull(other);
        ArgumentNullException.ThrowIfNull(windows);
        if (!ReferenceEquals(_graph, other._graph))
        {
            throw new TopologyException("Streams of two builders cannot be joined: make both on one StreamsBuilder.");
        }

        joined ??= new StreamJoined<TKey, TValue, TOther>();
        var name = CheckedName(joined.Name);
        var storeName = CheckedName(joined.StoreName);
        var keys = SerdeSource<TKey>.FirstGiven([SerdeSource<TKey>.Of(joined.KeySerde), _keys, other._keys]);
        var serdes = new JoinSerdes<TKey, TValue, TOther>(
            keys, _values.Or(joined.ValueSerde), other._values.Or(joined.OtherValueSerde));
        var left = JoinInput(
            name is null ? null : name + "-left", new StreamSerdes<TKey, TValue>(_keys.Or(joined.KeySerde), serdes.Left));
        var right = other.JoinInput(
            name is null ? null : name + "-right", new StreamSerdes<TKey, TOther>(other._keys.Or(joined.KeySerde), serdes.Right));
        var names = JoinNames.Of(_graph, name, storeName, joiner.Kind);
        var output = new StreamJoinDescription<TKey, TValue, TOther, TResult>(_graph, names, joiner, windows)
            .Add(left, right, serdes, joined);
        return new KStream<TKey, TResult>(_graph, output, keys, SerdeSource<TResult>.Registered, repartitionRequired: false);
    }
}
