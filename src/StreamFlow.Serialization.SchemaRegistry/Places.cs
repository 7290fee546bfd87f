using Confluent.Kafka;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>Places as Confluent's serializers and messages name them.</summary>
internal static class Places
{
    public static SerdeContext Of(SerdeContext? place) => place ?? throw new InvalidOperationException(
        "A serde of registered schemas is used without its topic, which names the subject. Call For(context) first and use what "
        + "it returns; a serde that holds others passes the call on.");

    public static SerializationContext Context(SerdeContext place, Confluent.Kafka.Headers? headers) =>
        new(place.IsKey ? MessageComponentType.Key : MessageComponentType.Value, place.Topic, headers);

    /// <summary>"the keys of topic orders".</summary>
    public static string Name(SerdeContext place) => $"the {(place.IsKey ? "keys" : "values")} of topic {place.Topic}";
}
