using System.IO.Compression;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Protocol.Compression;

namespace StreamFlow.Benchmarks.Records;

/// <summary>
/// Compressing and opening the records of a batch with each codec, as the broker does where it has to, beside the framework's
/// gzip stream on the same bytes, by turns.
/// </summary>
internal static class CodecRun
{
    /// <summary>The baseline's name among the codecs.</summary>
    public const string Baseline = "GZipStream";

    private const int Seed = 1;
    private const int WholeBytes = 4 << 20;
    private static readonly CompressionCodec[] Codecs =
        [CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4, CompressionCodec.Zstd];

    public static bool Run(Options options)
    {
        int rounds = (int)options.Number("rounds", 7);
        bool isRight = true;
        foreach ((string input, byte[][] sections) in Inputs())
        {
            byte[][][] closed = [.. Codecs.Select(codec => Array.ConvertAll(sections, section => Compress(codec, section))), Array.ConvertAll(sections, Zip)];
            isRight &= sections.Select((section, i) => Codecs.Select((codec, c) => Open(codec, closed[c][i])).Append(Unzip(closed[^1][i]))
                .All(opened => opened.AsSpan().SequenceEqual(section))).All(static same => same);
            double[] compress = RecordsRun.ByTurns(
                rounds, [.. Codecs.Select(codec => (Action)(() => Each(sections, section => Compress(codec, section)))), () => Each(sections, Zip)]);
            double[] open = RecordsRun.ByTurns(
                rounds, [.. Codecs.Select((codec, c) => (Action)(() => Each(closed[c], section => Open(codec, section)))), () => Each(closed[^1], Unzip)]);
            double whole = sections.Sum(static s => (long)s.Length);
            for (int c = 0; c < closed.Length; c++)
            {
                Results.Write(
                    new JsonObject
                    {
                        ["kind"] = "codec", ["date"] = DateTimeOffset.UtcNow.ToString("O"), ["input"] = input,
                        ["codec"] = c < Codecs.Length ? Codecs[c].ToString().ToLowerInvariant() : Baseline,
                        ["ratio"] = Results.Round(whole / closed[c].Sum(static s => (long)s.Length)),
                        ["compress_mb_per_s"] = Results.Round(whole * 1000 / compress[c]), ["open_mb_per_s"] = Results.Round(whole * 1000 / open[c]),
                        ["ok"] = isRight,
                    },
                    options);
            }
        }

        return isRight;
    }

    private static IEnumerable<(string Name, byte[][] Sections)> Inputs()
    {
        yield return ("orders, 1 KiB batches", OrderBatches.Orders(Seed, WholeBytes >> 10, 1 << 10));
        yield return ("orders, 16 KiB batches", OrderBatches.Orders(Seed, WholeBytes >> 14, 16 << 10));
        yield return ("random bytes, 1 KiB batches", OrderBatches.Noise(Seed, WholeBytes >> 10, 1 << 10));
    }

    private static void Each(byte[][] sections, Func<byte[], byte[]> work)
    {
        foreach (byte[] section in sections)
        {
            _ = work(section);
        }
    }

    private static byte[] Compress(CompressionCodec codec, byte[] plain)
    {
        using PooledBuffer destination = new(int.MaxValue);
        Compressor.Compress(codec, CompressionLevels.DefaultOf(codec), plain, destination);
        return destination.Written.ToArray();
    }

    private static byte[] Open(CompressionCodec codec, byte[] section)
    {
        using PooledBuffer destination = new(int.MaxValue);
        using Decompressor decompressor = Decompressor.Open(codec, section, DecompressionLimits.Default, null);
        while (decompressor.Read(section, destination.GetSpan(1 << 16)) is > 0 and int read)
        {
            destination.Advance(read);
        }

        return destination.Written.ToArray();
    }

    private static byte[] Zip(byte[] plain)
    {
        using MemoryStream destination = new();
        using (GZipStream zip = new(destination, CompressionLevel.Optimal, leaveOpen: true))
        {
            zip.Write(plain);
        }

        return destination.ToArray();
    }

    private static byte[] Unzip(byte[] section)
    {
        using GZipStream zip = new(new MemoryStream(section), CompressionMode.Decompress);
        using MemoryStream destination = new();
        zip.CopyTo(destination);
        return destination.ToArray();
    }
}
