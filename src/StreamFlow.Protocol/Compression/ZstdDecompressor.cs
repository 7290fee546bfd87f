using System.Buffers;
using ZstdSharp;

namespace StreamFlow.Protocol.Compression;

/// <summary>Opens zstd, with contexts that are used again.</summary>
internal sealed class ZstdDecompressor : Decompressor
{
    /// <summary>Contexts of frames with a larger window are not kept: they hold that much memory.</summary>
    private const long LargestKeptWindow = 8L << 20;

    private static readonly ContextPool<ZstdSharp.Decompressor> Contexts = new(static () => new ZstdSharp.Decompressor());

    private readonly ZstdSharp.Decompressor _context;
    private int _position;
    private bool _keeps;
    private bool _ended;

    public ZstdDecompressor(ReadOnlySpan<byte> section, DecompressionLimits limits, DecompressionBudget? budget)
        : base(section.Length, limits, budget)
    {
        _keeps = WindowOf(section) <= LargestKeptWindow;
        _context = Contexts.Rent();
    }

    public override void Dispose()
    {
        if (_keeps)
        {
            _context.ResetStream();
            Contexts.Return(_context);
        }
        else
        {
            _context.Dispose();
        }
    }

    private protected override int ReadCore(ReadOnlySpan<byte> section, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return 0;
        }

        var written = 0;
        while (written == 0 && !(_ended && _position == section.Length))
        {
            int consumed;
            OperationStatus status;
            try
            {
                status = _context.UnwrapStream(section[_position..], destination, out consumed, out written);
            }
            catch (ZstdException e)
            {
                _keeps = false;
                throw new InvalidDataException($"The section is no zstd: {e.Message}.", e);
            }

            _position += consumed;
            _ended = status == OperationStatus.Done;
            if (written == 0 && consumed == 0 && !_ended)
            {
                throw new InvalidDataException("The zstd section ends too early.");
            }
        }

        return written;
    }

    /// <summary>The memory that the header of the first frame asks for (RFC 8878, 3.1.1.1); none when it is no frame.</summary>
    private static long WindowOf(ReadOnlySpan<byte> section)
    {
        const int DescriptorAt = 4;
        const int SingleSegmentBit = 0x20;
        if (section.Length <= DescriptorAt + 1)
        {
            return 0;
        }

        if ((section[DescriptorAt] & SingleSegmentBit) != 0)
        {
            // The content itself is the window; up to 255 bytes with the shortest field, else take no chances.
            return (section[DescriptorAt] >> 6) <= 1 ? ushort.MaxValue : long.MaxValue;
        }

        var window = section[DescriptorAt + 1];
        var size = 1L << (10 + (window >> 3));
        return size + ((size >> 3) * (window & 7));
    }
}
