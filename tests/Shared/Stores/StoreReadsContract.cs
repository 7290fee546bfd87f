using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>
/// Window and session stores, with headers and without, behave like a dictionary that forgets what has expired: in reads of one
/// key, of ranges of keys and of all, forwards and backwards, of what is committed and what is not, after rollbacks, restarts
/// and restores. The same over any backend.
/// </summary>
public abstract class StoreReadsContract
{
    internal virtual int Steps => 600;

    // Bytes of keys that are also bytes of times, and keys that begin like others.
    private static readonly string[] Words =
        ["", "\0", "\0\0\0\0\0\0", "a", "a\0", "a\0\0\0\0\0\0\0\0\0", "ab", "ab\0", "abc", "b", "\u007f", "é", "éa", "éé"];

    private static readonly long[] Numbers = [0, 1, 2, 255, 256, 0x6162, 0x6162_0000_0000_0000, long.MaxValue, -1, long.MinValue];

    public static TheoryData<string, bool, long, int> Cases()
    {
        var cases = new TheoryData<string, bool, long, int>();
        var seed = 0;
        foreach (var kind in new[] { "windows", "sessions" })
        {
            foreach (var withHeaders in new[] { false, true })
            {
                foreach (var maxCacheBytes in new[] { 0, 3_000, StoreHarness.Unbounded })
                {
                    cases.Add(kind, withHeaders, maxCacheBytes, ++seed);
                    cases.Add(kind, withHeaders, maxCacheBytes, ++seed);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reads_of_text_keys_are_those_of_a_dictionary(string kind, bool withHeaders, long maxCacheBytes, int seed)
    {
        // Times whose first bytes are zero as they are today, and such that begin like the keys.
        var origin = seed % 2 == 0 ? 0 : 0x6162_0000_0000_0000;
        Run(kind, Words, Serdes.String, withHeaders, maxCacheBytes, (seed, origin));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reads_of_keys_of_one_length_are_those_of_a_dictionary(string kind, bool withHeaders, long maxCacheBytes, int seed) =>
        Run(kind, Numbers, Serdes.Int64, withHeaders, maxCacheBytes, (seed, 1_700_000_000_000));

    /// <summary>Where the bytes are, emptied if so told; null for memory.</summary>
    internal virtual Func<bool, IStoreBackend>? Disk => null;

    private void Run<TKey>(
        string kind, TKey[] keys, ISerde<TKey> serde, bool withHeaders, long maxCacheBytes, (int Seed, long Origin) start)
        where TKey : notnull
    {
        var random = new Random(start.Seed);
        StoreReadsModel<TKey> model = kind == "windows"
            ? new WindowReadsModel<TKey>(keys, serde, withHeaders, random, start.Origin)
            : new SessionReadsModel<TKey>(keys, serde, withHeaders, random, start.Origin);
        model.Run(Steps, maxCacheBytes, Disk);
    }
}
