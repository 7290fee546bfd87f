using System.Text;
using StreamFlow.Protocol;

namespace StreamFlow.Cli.Records;

/// <summary>A header of a record.</summary>
internal readonly record struct RecordHeader(string Name, byte[]? Value)
{
    /// <summary>Headers as they stand in a record.</summary>
    public static byte[] Encode(IReadOnlyList<RecordHeader> headers)
    {
        List<byte> bytes = [];
        Span<byte> number = stackalloc byte[10];
        bytes.AddRange(number[..VarInt.Write(number, headers.Count)]);
        foreach (RecordHeader header in headers)
        {
            byte[] name = Encoding.UTF8.GetBytes(header.Name);
            bytes.AddRange(number[..VarInt.Write(number, name.Length)]);
            bytes.AddRange(name);
            bytes.AddRange(number[..VarInt.Write(number, header.Value?.Length ?? -1)]);
            bytes.AddRange(header.Value ?? []);
        }

        return [.. bytes];
    }

    /// <summary>The headers of a record; those behind a cut-off one are not told.</summary>
    public static List<RecordHeader> Decode(ReadOnlySpan<byte> bytes)
    {
        List<RecordHeader> headers = [];
        if (!VarInt.TryReadInt(ref bytes, out int count))
        {
            return headers;
        }

        for (int i = 0; i < count && TryTake(ref bytes, out byte[]? name) && name is not null && TryTake(ref bytes, out byte[]? value); i++)
        {
            headers.Add(new RecordHeader(Encoding.UTF8.GetString(name), value));
        }

        return headers;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> bytes, out byte[]? taken)
    {
        taken = null;
        if (!VarInt.TryReadInt(ref bytes, out int length) || length > bytes.Length)
        {
            return false;
        }

        taken = length < 0 ? null : bytes[..length].ToArray();
        bytes = bytes[Math.Max(0, length)..];
        return true;
    }
}
