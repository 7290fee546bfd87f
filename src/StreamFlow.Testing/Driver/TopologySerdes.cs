using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow.Testing.Driver;

/// <summary>Finds the serdes that a topology reads or writes a topic with.</summary>
internal static class TopologySerdes
{
    /// <summary>Those that are given, else those of the topology.</summary>
    /// <exception cref="ArgumentException">The topology does not have the topic with these types.</exception>
    public static (ISerde<TKey> Keys, ISerde<TValue> Values) Find<TKey, TValue>(
        Topology topology, string topic, ISerde<TKey>? keys, ISerde<TValue>? values)
    {
        if (keys is not null && values is not null)
        {
            return (keys, values);
        }

        foreach (var node in topology.Nodes)
        {
            if (SerdesOf<TKey, TValue>(node, topic) is { } serdes)
            {
                return (keys ?? serdes.Keys, values ?? serdes.Values);
            }
        }

        throw new ArgumentException(
            $"The topology neither reads nor writes topic '{topic}' with keys of {typeof(TKey).Name} and values of "
            + $"{typeof(TValue).Name}, so it is not known how these are written. Give the serdes, or the types of the topic.",
            nameof(topic));
    }

    private static (ISerde<TKey> Keys, ISerde<TValue> Values)? SerdesOf<TKey, TValue>(NodeDescription node, string topic) => node switch
    {
        SourceNode<TKey, TValue> source when source.SourceKind != SourceKind.Repartition && source.Reads(topic) => source.Serdes,
        SinkNode<TKey, TValue> { Target.Repartition: null } sink when (sink.Target.Topic ?? topic) == topic => sink.Serdes,
        _ => null,
    };
}
