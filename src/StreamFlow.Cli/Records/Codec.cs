using StreamFlow.Cli.Output;
using StreamFlow.Protocol.Records;

namespace StreamFlow.Cli.Records;

/// <summary>How records of a batch are compressed.</summary>
internal sealed record Codec(string Name, short Number)
{
    public static Codec None { get; } = new("none", 0);

    public static IReadOnlyList<Codec> All { get; } = [None];

    public byte[] Compress(ReadOnlySpan<byte> section) => Number == 0 ? section.ToArray() : throw new InvalidOperationException(Name);

    /// <summary>Opens the records of a batch.</summary>
    public static byte[] Open(in BatchHeader header, ReadOnlySpan<byte> section) => RecordDecompressor.TryDecompress(header.Codec, section, out ReadOnlySpan<byte> plain)
        ? plain.ToArray()
        : throw new CommandException($"The batch at offset {header.BaseOffset} is compressed with codec {header.Codec} and cannot be opened.");
}
