using System.Globalization;

namespace StreamFlow.Verification;

/// <summary>Names and sizes that workers, faults and oracles agree on.</summary>
internal static class Workload
{
    public const string ApplicationId = "verify";
    public const int Partitions = 4;
    public const int Users = 24;
    public const int Categories = 40;
    public const long WindowMs = 30_000;

    public const string Input = "in";
    public const string Accounts = "accounts";
    public const string Joined = "joined";

    /// <summary>Each input once more, on its way through operators without state: this topic may be given partitions at any time.</summary>
    public const string Passing = "passing";
    public const string Passed = "passed";
    public const string RunningRocks = "running-rocks";
    public const string RunningMemory = "running-memory";
    public const string WindowedRocks = "windowed-rocks";
    public const string WindowedMemory = "windowed-memory";
    public const string AccountsStore = "accounts-store";
    public const string Repartition = ApplicationId + "-by-category-repartition";

    /// <summary>Topics that exist before the application starts.</summary>
    public static IReadOnlyList<string> Topics { get; } =
    [
        Input, Accounts, Joined, Passing, Passed, RunningRocks, RunningMemory, WindowedRocks, WindowedMemory,
        .. Trades.Topics, .. Places.Topics,
    ];

    /// <summary>Stores; each one's results go to the topic of the same name, but for that of the table.</summary>
    public static IReadOnlyList<StoreSpec> Stores { get; } =
    [
        new(RunningRocks, IsPersistent: true, IsWindowed: false, IsCached: false),
        new(RunningMemory, IsPersistent: false, IsWindowed: false, IsCached: true),
        new(WindowedRocks, IsPersistent: true, IsWindowed: true, IsCached: true),
        new(WindowedMemory, IsPersistent: false, IsWindowed: true, IsCached: false),
    ];

    public static string ChangelogOf(string store) => $"{ApplicationId}-{store}-changelog";

    public static IEnumerable<string> AllUsers =>
        Enumerable.Range(0, Users).Select(user => string.Create(CultureInfo.InvariantCulture, $"u{user}"));

    public static string UserOf(ulong seed, long sequence) =>
        "u" + (Mix(seed, sequence, 1) % Users).ToString(CultureInfo.InvariantCulture);

    /// <summary>An input's value: all that is needed to recognise it wherever it turns up.</summary>
    public static string ValueOf(ulong seed, long sequence) => string.Create(
        CultureInfo.InvariantCulture,
        $"{sequence},{UserOf(seed, sequence)},c{Mix(seed, sequence, 2) % Categories},{Mix(seed, sequence, 3) % 1000}");

    public static string CategoryOf(string value) => value.Split(',')[2];

    public static long SequenceOf(string value) =>
        long.Parse(value.AsSpan(0, value.IndexOf(',', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    /// <summary>
    /// The aggregate of all the stores: count, sum, last sequence number, and a digest that depends on each record and
    /// on the order.
    /// </summary>
    public static string Next(string aggregate, string value)
    {
        var (count, sum, digest) = (0L, 0L, 14695981039346656037UL);
        if (aggregate.Length > 0)
        {
            var parts = aggregate.Split(',');
            count = long.Parse(parts[0], CultureInfo.InvariantCulture);
            sum = long.Parse(parts[1], CultureInfo.InvariantCulture);
            digest = ulong.Parse(parts[3], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }

        var sequence = SequenceOf(value);
        sum += long.Parse(value.AsSpan(value.LastIndexOf(',') + 1), CultureInfo.InvariantCulture);
        digest = (digest ^ (ulong)sequence) * 1099511628211UL;
        return string.Create(CultureInfo.InvariantCulture, $"{count + 1},{sum},{sequence},{digest:x}");
    }

    /// <summary>Count of an aggregate.</summary>
    public static long CountOf(string aggregate) =>
        long.Parse(aggregate.AsSpan(0, aggregate.IndexOf(',', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    /// <summary>Last sequence number of an aggregate.</summary>
    public static long LastOf(string aggregate) => long.Parse(aggregate.Split(',')[2], CultureInfo.InvariantCulture);

    /// <summary>splitmix64 of the seed, the record and the draw.</summary>
    public static ulong Mix(ulong seed, long sequence, ulong draw)
    {
        var z = seed + ((ulong)sequence * 0x9E3779B97F4A7C15) + (draw << 56);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>A store of the application.</summary>
/// <param name="Name">Name of the store and of the topic of its results.</param>
/// <param name="IsPersistent">In RocksDB; otherwise in memory.</param>
/// <param name="IsWindowed">Keyed by category and window; otherwise by category.</param>
/// <param name="IsCached">Updates between two commits are forwarded as one; otherwise each is.</param>
internal sealed record StoreSpec(string Name, bool IsPersistent, bool IsWindowed, bool IsCached);
