using System.Buffers.Binary;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>
/// Tells what the loader of the Kafka Streams peer put into the topics: each record draws from its own splitmix64
/// sequence, so that what must come out is known without reading the topic.
/// </summary>
internal static class Generator
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;
    private const ulong OrderStream = 1;
    private const ulong PaymentStream = 3;
    private const ulong RawStream = 4;

    public static long PlacedOrders(long seed, long orders)
    {
        var placed = 0L;
        for (var i = 0L; i < orders; i++)
        {
            var state = StateOf(seed, OrderStream, i);
            _ = Below(ref state, 10_000); // customer
            _ = Below(ref state, 50); // category
            _ = Below(ref state, 6); // region
            placed += Below(ref state, 100) < 75 ? 1 : 0;
        }

        return placed;
    }

    /// <summary>Orders that are paid in time; each is paid once.</summary>
    public static long PaymentsWithin(TimeSpan time, long seed, long orders)
    {
        var within = 0L;
        for (var i = 0L; i < orders; i++)
        {
            var state = StateOf(seed, PaymentStream, i);
            within += Below(ref state, 360_000) <= time.TotalMilliseconds ? 1 : 0;
        }

        return within;
    }

    /// <summary>Opaque, incompressible bytes: consecutive draws, little-endian, cut to size.</summary>
    public static void Raw(long seed, long index, Span<byte> bytes)
    {
        var state = StateOf(seed, RawStream, index);
        Span<byte> draw = stackalloc byte[sizeof(ulong)];
        while (bytes.Length > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(draw, Next(ref state));
            var length = Math.Min(draw.Length, bytes.Length);
            draw[..length].CopyTo(bytes);
            bytes = bytes[length..];
        }
    }

    private static ulong StateOf(long seed, ulong stream, long index) =>
        Finish(unchecked((ulong)seed + (stream << 48) + (ulong)index + Gamma));

    private static ulong Next(ref ulong state)
    {
        state = unchecked(state + Gamma);
        return Finish(state);
    }

    private static uint Below(ref ulong state, uint limit) => (uint)((Next(ref state) >> 33) % limit);

    private static ulong Finish(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
