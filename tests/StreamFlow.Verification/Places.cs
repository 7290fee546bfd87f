using System.Globalization;

namespace StreamFlow.Verification;

/// <summary>Accounts are in regions, which have a table of their own: joined by foreign key.</summary>
internal static class Places
{
    public const string Regions = "regions";
    public const string RegionsStore = "regions-store";

    /// <summary>Accounts with the region that they are in.</summary>
    public const string Placed = "placed";
    public const string PlacedStore = "placed-store";
    public const string SubscriptionStore = Placed + "-subscription-store";
    public const string Questions = Workload.ApplicationId + "-" + Placed + "-subscription-registration-topic";
    public const string Answers = Workload.ApplicationId + "-" + Placed + "-subscription-response-topic";

    /// <summary>Some region changes with every so-manieth input.</summary>
    public const int ChangeEvery = 50;

    public const int Count = 6;
    private const string End = "end";
    private const ulong Gone = 5;

    public static IReadOnlyList<string> Topics { get; } = [Regions, Placed];

    /// <summary>A version of an account.</summary>
    public static string AccountOf(ulong seed, string user, long version) => string.Create(
        CultureInfo.InvariantCulture, $"{version}:{RegionOf(Workload.Mix(seed, version + user.GetDeterministicHash(), 7))}");

    /// <summary>The last version of an account; all have one.</summary>
    public static string LastAccountOf(ulong seed, string user) =>
        $"{End}:{RegionOf(Workload.Mix(seed, user.GetDeterministicHash(), 8))}";

    /// <summary>The region that an account is in.</summary>
    public static string RegionOf(string account) => account[(account.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The region that changes with an input.</summary>
    public static string ChangedRegion(ulong seed, long sequence) => RegionOf(Workload.Mix(seed, sequence, 9));

    /// <summary>A version of a region, or null where it is gone for a while.</summary>
    public static string? VersionOf(ulong seed, string region, long version) =>
        version > 0 && Workload.Mix(seed, version, 10) % Gone == 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{region}#{version}");

    /// <summary>The last version of a region; all have one.</summary>
    public static string LastVersionOf(string region) => $"{region}#{End}";

    public static IEnumerable<string> All => Enumerable.Range(0, Count).Select(i => RegionOf((ulong)i));

    /// <summary>Whether a result is of the last versions of both, so that no other follows.</summary>
    public static bool IsLast(string result) =>
        result.StartsWith(End, StringComparison.Ordinal) && result.EndsWith("#" + End, StringComparison.Ordinal);

    private static string RegionOf(ulong number) => string.Create(CultureInfo.InvariantCulture, $"r{number % Count}");

    private static long GetDeterministicHash(this string text) => text.Aggregate(0L, (hash, character) => (hash * 31) + character) << 32;
}
