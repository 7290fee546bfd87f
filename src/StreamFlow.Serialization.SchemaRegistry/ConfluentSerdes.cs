using Confluent.Kafka;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>Serdes over serializers of Confluent.Kafka, whatever they write.</summary>
public static class ConfluentSerdes
{
    /// <summary>A serde over a serializer and a deserializer. They are shared between threads.</summary>
    /// <typeparam name="T">Type of the values.</typeparam>
    /// <param name="serializer">Writes values. Headers it adds are added to the record, except in stores, which have none.</param>
    /// <param name="deserializer">Reads them; it is never asked about a record without a value.</param>
    /// <returns>The serde.</returns>
    public static ISerde<T> From<T>(ISerializer<T> serializer, IDeserializer<T> deserializer)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        return Adapt(() => Codec<T>.Of(serializer, deserializer));
    }

    /// <summary>
    /// A serde over an asynchronous serializer and deserializer, one of each for every place. The calling thread waits for
    /// them; their continuations run on the thread pool, never on that thread, its synchronization context or its scheduler, so
    /// they cannot wait for each other. One that needs a thread which itself waits for the serde must not be adapted.
    /// </summary>
    /// <typeparam name="T">Type of the values.</typeparam>
    /// <param name="serializer">Makes the serializer for one place.</param>
    /// <param name="deserializer">Makes the deserializer for one place.</param>
    /// <param name="timeout">
    /// How long one call may take before <see cref="SchemaException"/> ends it; <see langword="null"/>: 60 seconds.
    /// </param>
    /// <returns>The serde.</returns>
    public static ISerde<T> FromAsync<T>(
        Func<IAsyncSerializer<T>> serializer, Func<IAsyncDeserializer<T>> deserializer, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(serializer);
        ArgumentNullException.ThrowIfNull(deserializer);
        var wait = timeout ?? TimeSpan.FromSeconds(60);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(wait, TimeSpan.Zero, nameof(timeout));
        return Adapt(() => Codec<T>.Of(serializer(), deserializer(), wait));
    }

    private static ConfluentSerde<T, AdaptedFormat> Adapt<T>(Func<Codec<T>> make) =>
        new(new ConfluentParts<T>(make, new SchemaFailures(null, typeof(T), AdaptedFormat.Name, null)));
}
