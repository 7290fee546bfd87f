using StreamFlow.Protocol.Tests.Golden;

namespace StreamFlow.Protocol.Tests;

/// <summary>Bytes that are cut off or changed end in a <see cref="ProtocolException"/> and take no memory to speak of.</summary>
public sealed class BrokenBytesTests(Xunit.Abstractions.ITestOutputHelper output)
{
    /// <summary>An exception with its stack, and for each level of arrays the room for the first 64 structs.</summary>
    private const long BytesOfEachRead = 64 * 1024;

    [Fact]
    public void A_message_that_is_cut_off_anywhere_is_refused() =>
        AssertNone(
            from golden in GoldenMessage.All
            from length in Enumerable.Range(0, golden.Bytes.Length)
            let wrong = Wrong(golden, golden.Bytes[..length], mustFail: true)
            where wrong is not null
            select $"{golden} cut to {length} bytes: {wrong}");

    [Fact]
    public void A_message_with_bytes_changed_is_read_or_refused()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("STREAMFLOW_FUZZ_ROUNDS"), out var asked) ? asked : 10;
        AssertNone(
            from round in Enumerable.Range(0, rounds)
            from golden in GoldenMessage.All
            where golden.Bytes.Length > 0
            let bytes = Changed(golden.Bytes, random)
            let wrong = Wrong(golden, bytes, mustFail: false)
            where wrong is not null
            select $"{golden} as {Convert.ToHexString(bytes)}: {wrong}");
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        byte[] changed = [.. bytes];
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            // Mostly what lengths and counts are made of.
            changed[random.Next(changed.Length)] = random.Next(3) switch
            {
                0 => 0xFF,
                1 => 0x7F,
                _ => (byte)random.Next(256),
            };
        }

        return changed;
    }

    /// <summary>What is wrong, and once more: the first time loads code, which takes memory too.</summary>
    private static string? Wrong(GoldenMessage golden, byte[] bytes, bool mustFail) =>
        WrongOnce(golden, bytes, mustFail) is null ? null : WrongOnce(golden, bytes, mustFail);

    private static string? WrongOnce(GoldenMessage golden, byte[] bytes, bool mustFail)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        string? wrong;
        try
        {
            Codec.Read(golden.Name, bytes, golden.Version, out _);
            wrong = mustFail ? "it was read" : null;
        }
        catch (ProtocolException)
        {
            wrong = null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            wrong = e.ToString();
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return wrong ?? (allocated > BytesOfEachRead ? $"{allocated} bytes were allocated for it" : null);
    }

    private static void AssertNone(IEnumerable<string> found)
    {
        var wrong = found.Take(20).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}
