using System.Buffers;
using Confluent.Kafka;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>What serdes over Confluent's serializers are made of, the same for all places.</summary>
/// <param name="Make">A serializer and a deserializer for one place: they keep what they looked up there.</param>
/// <param name="Failures">Explains what fails.</param>
internal sealed record ConfluentParts<T>(Func<Codec<T>> Make, SchemaFailures Failures);

/// <summary>A serde over a serializer and a deserializer of Confluent.Kafka.</summary>
internal sealed class ConfluentSerde<T, TFormat> : ISerde<T>
    where TFormat : IFormat
{
    private readonly ConfluentParts<T> _parts;
    private readonly SerdeContext? _place;
    private readonly Codec<T>? _codec;

    public ConfluentSerde(ConfluentParts<T> parts) => _parts = parts;

    private ConfluentSerde(ConfluentParts<T> parts, SerdeContext place)
    {
        _parts = parts;
        _place = place;
        _codec = parts.Make();
    }

    public ISerde<T> For(SerdeContext context) => new ConfluentSerde<T, TFormat>(_parts, context);

    public void Serialize(T value, IBufferWriter<byte> writer)
    {
        var place = Places.Of(_place);
        var headers = place.HasHeaders ? ToConfluent(place.Headers) : null;
        byte[]? bytes;
        try
        {
            bytes = _codec!.Write(value, Places.Context(place, headers));
        }
        catch (Exception exception) when (exception is not StreamsException)
        {
            throw _parts.Failures.Writing(exception, place);
        }

        writer.Write(bytes ?? throw new InvalidOperationException(
            $"The serializer made no bytes of a {typeof(T).Name} for {Places.Name(place)}: a value that is there must have some, "
            + "since a record without a value is a tombstone."));
        for (var i = place.HasHeaders ? place.Headers.Count : int.MaxValue; i < (headers?.Count ?? 0); i++)
        {
            place.AddHeader(headers![i].Key, headers[i].GetValueBytes());
        }
    }

    public T Deserialize(ReadOnlySpan<byte> data)
    {
        var place = Places.Of(_place);
        T? value;
        try
        {
            value = _codec!.Read(data, Places.Context(place, place.Headers.Count > 0 ? ToConfluent(place.Headers) : null));
        }
        catch (Exception exception) when (exception is not StreamsException)
        {
            throw _parts.Failures.Reading(exception, data, place);
        }

        return value ?? throw new FormatException(
            $"The deserializer found no {typeof(T).Name} in {data.Length} bytes of {Places.Name(place)}; a record without a value has "
            + "no bytes at all.");
    }

    private static Confluent.Kafka.Headers ToConfluent(Headers headers)
    {
        var result = new Confluent.Kafka.Headers();
        foreach (var header in headers)
        {
            result.Add(header.Key, header.Value);
        }

        return result;
    }
}
