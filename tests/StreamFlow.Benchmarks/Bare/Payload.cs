using System.Runtime.CompilerServices;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Bare;

/// <summary>A value of 100 bytes that needs no object: shows what the engine itself allocates.</summary>
[InlineArray(Size)]
internal struct Payload
{
    public const int Size = 100;

    private byte _first;
}

internal sealed class PayloadSerde : ISerde<Payload>
{
    public void Serialize(Payload value, System.Buffers.IBufferWriter<byte> writer)
    {
        ((ReadOnlySpan<byte>)value).CopyTo(writer.GetSpan(Payload.Size));
        writer.Advance(Payload.Size);
    }

    public Payload Deserialize(ReadOnlySpan<byte> data)
    {
        var payload = default(Payload);
        data.CopyTo(payload);
        return payload;
    }
}
