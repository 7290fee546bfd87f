using System.Buffers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace StreamFlow.Protocol.Compression;

/// <summary>Writes zstd, with contexts that are used again.</summary>
internal sealed class ZstdCompressor : Compressor
{
    /// <summary>
    /// Window and tables are those of a source of 2 MiB, whatever the level: the highest ones would take 800 MB for a batch
    /// of unknown size.
    /// </summary>
    private const int LargestSource = 1 << 21;

    /// <summary>Contexts of higher levels are not kept: their tables are large.</summary>
    private const int HighestKeptLevel = 12;

    private const int RoomPerStep = 64 * 1024;

    private static readonly ContextPool<ZstdSharp.Compressor> Contexts = new(static () => new ZstdSharp.Compressor());

    private readonly PooledBuffer _destination;
    private readonly bool _keeps;
    private ZstdSharp.Compressor? _context;

    public ZstdCompressor(int level, PooledBuffer destination)
    {
        _destination = destination;
        _keeps = level <= HighestKeptLevel;
        _context = Contexts.Rent();
        _context.Level = level;
        var fitting = Methods.ZSTD_getCParams(level, LargestSource, 0);
        _context.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, (int)fitting.windowLog);
        _context.SetParameter(ZSTD_cParameter.ZSTD_c_hashLog, (int)fitting.hashLog);
        _context.SetParameter(ZSTD_cParameter.ZSTD_c_chainLog, (int)fitting.chainLog);
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
        if (_context is not { } context)
        {
            return;
        }

        _context = null;
        if (_keeps)
        {
            context.ResetStream();
            Contexts.Return(context);
        }
        else
        {
            context.Dispose();
        }
    }
}
