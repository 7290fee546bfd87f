using System.Buffers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace StreamFlow.Protocol.Compression;

/// <summary>Writes zstd, with contexts that are used again.</summary>
internal sealed class ZstdCompressor : Compressor
{
    /// <summary>
    /// The window is 2 MiB at most, whatever the level: the highest ones would take 800 MB for a batch of unknown size.
    /// </summary>
    private const int LargestWindowLog = 21;

    private const int RoomPerStep = 64 * 1024;

    private static readonly ContextPool<ZstdSharp.Compressor> Contexts = new(static () => new ZstdSharp.Compressor());

    private readonly PooledBuffer _destination;
    private ZstdSharp.Compressor? _context;

    public ZstdCompressor(int level, PooledBuffer destination)
    {
        _destination = destination;
        _context = Contexts.Rent();
        _context.Level = level;
        var windowLog = (int)Methods.ZSTD_getCParams(level, 0, 0).windowLog;
        _context.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, Math.Min(windowLog, LargestWindowLog));
    }

    public override void Write(ReadOnlySpan<byte> plain)
    {
        while (!plain.IsEmpty)
        {
            var room = _destination.GetSpan(RoomPerStep);
            _context!.WrapStream(plain, room, out var consumed, out var written, isFinalBlock: false);
            _destination.Advance(written);
            plain = plain[consumed..];
        }
    }

    public override void Finish()
    {
        OperationStatus status;
        do
        {
            var room = _destination.GetSpan(RoomPerStep);
            status = _context!.WrapStream([], room, out _, out var written, isFinalBlock: true);
            _destination.Advance(written);
        }
        while (status != OperationStatus.Done);
    }

    public override void Dispose()
    {
        if (_context is { } context)
        {
            _context = null;
            context.ResetStream();
            Contexts.Return(context);
        }
    }
}
