using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>The functions that programs name; those of RandomPrograms.java do the same.</summary>
internal static class Functions
{
    private const int LongestText = 20;

    public static bool Test(string name, string? key, string? value) => name switch
    {
        "even" => value is not null && value.Length % 2 == 0,
        "low" => key is not null && string.CompareOrdinal(key, "b") < 0,
        "some" => value is not null,
        "most" => Hash(value) % 4 != 0,
        _ => throw new ArgumentException(name),
    };

    public static string? Change(string name, string? value) => name switch
    {
        "app" => value is null ? null : Cut(value + "!"),
        "len" => value is null ? null : Text(value.Length),
        "drop" => Hash(value) % 4 == 0 ? null : value,
        "wake" => value ?? "n",
        "half" => value?[..(value.Length / 2)],
        _ => throw new ArgumentException(name),
    };

    public static string? Key(string name, string? key, string? value) => name switch
    {
        "first" => value is { Length: > 0 } ? value[..1] : null,
        "len" => value is null ? null : "n" + Text(value.Length % 3),
        "swap" => key switch { null => "c", "a" => "b", "b" => "a", _ => key },
        "one" => "one",
        _ => throw new ArgumentException(name),
    };

    public static string KeyAndValue(string? key, string? value) => Cut((key ?? "~") + ":" + (value ?? "~"));

    public static string Stamped(string? value, long time) => Cut((value ?? "~") + "@" + Text(time % 100));

    public static string Plus(string? value, string? sum) => Cut((sum ?? "") + "+" + (value ?? "~"));

    public static string Minus(string? value, string? sum) => Cut((sum ?? "") + "-" + value);

    public static string Times(string? value, string? sum) => Cut((sum ?? "") + "*" + value);

    /// <summary>A sum of hashes, so that an aggregate is the same in whichever order its records come.</summary>
    public static string Mixed(string? value, string? sum) => Sum(SumOf(sum) + 1 + Hash(value));

    /// <summary>The value is taken out again; none is left when it was the last.</summary>
    public static string? Unmixed(string? value, string? sum) =>
        SumOf(sum) - 1 - Hash(value) is var rest and not 0 ? Sum(rest) : null;

    public static string MixedTogether(string? one, string? other) => Sum(SumOf(one) + SumOf(other));

    public static string Concat(string first, string second) => Cut(first + second);

    public static string Max(string first, string second) => string.CompareOrdinal(first, second) >= 0 ? first : second;

    public static string Pair(string? left, string? right) => Cut($"({left ?? "-"},{right ?? "-"})");

    /// <summary>
    /// A count as text, none for 0: with the cache off Kafka Streams hands down the initializer's 0 as the value before the first
    /// one, StreamFlow never does (Z5 in docs/guide/differences.md). So too the aggregates here begin with null.
    /// </summary>
    public static string? Number(long count) => count == 0 ? null : Text(count);

    /// <summary>Java's hash of a text, without its sign; 0 for none.</summary>
    public static int Hash(string? text)
    {
        var hash = 0;
        foreach (var letter in text ?? "")
        {
            hash = unchecked((31 * hash) + letter);
        }

        return hash & int.MaxValue;
    }

    /// <summary>Texts that grow with every record would fill the memory; the hash tells two of them apart.</summary>
    public static string Cut(string text) =>
        text.Length <= LongestText ? text : text[..6] + "~" + Text(Hash(text) % 100_000);

    private static long SumOf(string? sum) => sum is null ? 0 : long.Parse(sum[1..], CultureInfo.InvariantCulture);

    private static string Sum(long sum) => "#" + Text(sum);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
