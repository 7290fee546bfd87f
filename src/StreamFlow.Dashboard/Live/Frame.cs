using System.Buffers;
using System.Text.Json;

namespace StreamFlow.Dashboard;

/// <summary>What pages are sent for one second: made once, however many there are.</summary>
internal sealed class Frame
{
    private readonly SerializedSnapshot _now;
    private readonly Lazy<byte[]> _snapshot;

    /// <param name="number">Its number, one more than that of the frame before.</param>
    /// <param name="now">What is shown.</param>
    /// <param name="before">What was shown a second ago; null at the beginning.</param>
    /// <param name="point">The last point of the history.</param>
    public Frame(long number, SerializedSnapshot now, SerializedSnapshot? before, PointModel? point)
    {
        Number = number;
        _now = now;
        _snapshot = new Lazy<byte[]>(() => Event("snapshot", now.Parts));
        Delta = Event("delta", [.. Changed(now, before), ("point", ApiJson.Bytes(point))]);
    }

    public long Number { get; }

    /// <summary>What has changed since the frame before.</summary>
    public byte[] Delta { get; }

    /// <summary>All of it, for pages that begin, or that have missed a frame.</summary>
    public byte[] Snapshot => _snapshot.Value;

    public SerializedSnapshot Shown => _now;

    private static IEnumerable<(string Name, byte[] Json)> Changed(SerializedSnapshot now, SerializedSnapshot? before) => before is null
        ? now.Parts
        : now.Parts.Zip(before.Parts).Where(p => !p.First.Json.AsSpan().SequenceEqual(p.Second.Json)).Select(p => p.First);

    /// <summary>An event of a text/event-stream. JSON as it is written here has no line breaks, which would end it.</summary>
    private static byte[] Event(string name, IEnumerable<(string Name, byte[] Json)> members)
    {
        var bytes = new ArrayBufferWriter<byte>();
        bytes.Write("event: "u8);
        bytes.Write(System.Text.Encoding.UTF8.GetBytes(name));
        bytes.Write("\ndata: "u8);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var (member, value) in members)
            {
                json.WritePropertyName(member);
                json.WriteRawValue(value, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        bytes.Write("\n\n"u8);
        return bytes.WrittenSpan.ToArray();
    }
}
