using System.Buffers;
using System.Collections.Concurrent;
using Google.Protobuf;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>
/// Protobuf messages with a registered schema. Once the schema's id is known nothing waits and nothing is allocated beside
/// the message.
/// </summary>
internal sealed class ProtobufSerde<T> : ISerde<T>
    where T : class, IMessage<T>, new()
{
    // Older generated code can neither read spans nor write to buffers.
    private static readonly bool IsBuffered = typeof(IBufferMessage).IsAssignableFrom(typeof(T));

    private readonly MessageParser<T> _parser = new(static () => new T());
    private readonly SchemaSource _schemas;
    private readonly SchemaFailures _failures;
    private readonly SerdeContext? _place;

    // By schema id, the first bytes of messages of this type: magic byte, id, position. Stores are read by several threads.
    private readonly ConcurrentDictionary<int, byte[]> _known = new();
    private byte[]? _head;

    public ProtobufSerde(SchemaSource schemas, SerdeContext? place = null)
    {
        _schemas = schemas;
        _place = place;
        _failures = new SchemaFailures(schemas, typeof(T), "Protobuf", new T().Descriptor.FullName);
    }

    public ISerde<T> For(SerdeContext context) => new ProtobufSerde<T>(_schemas, context);

    public void Serialize(T value, IBufferWriter<byte> writer)
    {
        writer.Write(_head ??= Register(Places.Of(_place)));
        if (IsBuffered)
        {
            value.WriteTo(writer);
        }
        else
        {
            writer.Write(value.ToByteArray());
        }
    }

    public T Deserialize(ReadOnlySpan<byte> data)
    {
        var place = Places.Of(_place);
        try
        {
            var id = ProtobufHead.ReadId(data);
            var length = _known.TryGetValue(id, out var head) && data.StartsWith(head) ? head.Length : Check(id, data, place);
            return Parse(data[length..]);
        }
        catch (Exception exception) when (exception is not StreamsException)
        {
            throw _failures.Reading(exception, data, place);
        }
    }

    private T Parse(ReadOnlySpan<byte> body) => IsBuffered ? _parser.ParseFrom(body) : _parser.ParseFrom(body.ToArray());

    private byte[] Register(SerdeContext place)
    {
        try
        {
            var descriptor = new T().Descriptor;
            return ProtobufHead.Write(new ProtobufSchemas(_schemas).Register(descriptor, place), descriptor);
        }
        catch (Exception exception) when (exception is not StreamsException)
        {
            throw _failures.Writing(exception, place);
        }
    }

    /// <summary>Makes sure that a schema not seen before is that of this type, whichever version.</summary>
    /// <returns>Length of the head.</returns>
    private int Check(int id, ReadOnlySpan<byte> data, SerdeContext place)
    {
        var descriptor = new T().Descriptor;
        var position = ProtobufHead.ReadPosition(data, out var length);
        var name = new ProtobufSchemas(_schemas).NameOf(id, position, descriptor, place);
        if (name is not null && name != descriptor.FullName)
        {
            throw new FormatException($"It is a message {name}, and {descriptor.FullName} is wanted");
        }

        _known[id] = data[..length].ToArray();
        return length;
    }
}
