using System.Buffers;

namespace StreamFlow.Serialization.SchemaRegistry.Tests.Support;

internal static class Bytes
{
    public static SerdeContext Values(string topic = "orders") => new(topic, isKey: false);

    public static SerdeContext Keys(string topic = "orders") => new(topic, isKey: true);

    public static byte[] Of<T>(ISerde<T> serde, T value)
    {
        var writer = new ArrayBufferWriter<byte>();
        serde.Serialize(value, writer);
        return writer.WrittenSpan.ToArray();
    }
}
