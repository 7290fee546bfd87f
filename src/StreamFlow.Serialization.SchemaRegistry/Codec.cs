using Confluent.Kafka;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <returns>The bytes; null where the serializer takes the value for missing.</returns>
internal delegate byte[]? WriteBytes<in T>(T value, SerializationContext context);

/// <returns>The value; null where the deserializer finds none.</returns>
internal delegate T? ReadBytes<out T>(ReadOnlySpan<byte> data, SerializationContext context);

/// <summary>A serializer and a deserializer of Confluent.Kafka, for one place.</summary>
internal sealed record Codec<T>(WriteBytes<T> Write, ReadBytes<T> Read)
{
    public static Codec<T> Of(ISerializer<T> serializer, IDeserializer<T> deserializer) => new(
        serializer.Serialize,
        (data, context) => deserializer.Deserialize(data, isNull: false, context));

    public static Codec<T> Of(IAsyncSerializer<T> serializer, IAsyncDeserializer<T> deserializer, TimeSpan timeout) => new(
        (value, context) => SyncCall.Wait(() => serializer.SerializeAsync(value, context), timeout),
        (data, context) =>
        {
            ReadOnlyMemory<byte> copy = data.ToArray();
            return SyncCall.Wait(() => deserializer.DeserializeAsync(copy, isNull: false, context), timeout);
        });
}
