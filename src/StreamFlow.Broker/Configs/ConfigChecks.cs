using System.Globalization;
using System.Text;

namespace StreamFlow.Broker.Configs;

/// <summary>Checks of values: each answers what to use instead, or null for a good one.</summary>
internal static class ConfigChecks
{
    /// <summary>The most bytes that the name or the value of a setting may have: no string of Apache Kafka's messages is longer.</summary>
    public const int MostBytes = short.MaxValue;

    private const int MostShown = 200;
    private const StringSplitOptions Clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    public static Func<string, string?> OneOf(params string[] allowed) =>
        value => allowed.Contains(value, StringComparer.Ordinal) ? null : $"use {string.Join(" or ", allowed)}";

    public static Func<string, string?> Whole(long min, long max) => value =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
        && number >= min && number <= max
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"use a whole number from {min} to {max}");

    /// <summary>What is wrong with how long the name or the value of a setting is; null when nothing is. Nothing may ever be kept that cannot be shown.</summary>
    /// <param name="kind">What it is a setting of.</param>
    /// <param name="name">The name of the setting.</param>
    /// <param name="value">Its value; null for none.</param>
    public static string? TooLong(string kind, string name, string? value)
    {
        int bytes = Encoding.UTF8.GetByteCount(name);
        if (bytes > MostBytes)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"The name of {kind} config '{Shown(name)}' has {bytes} bytes; use at most {MostBytes}.");
        }

        bytes = Encoding.UTF8.GetByteCount(value ?? "");
        return bytes > MostBytes
            ? string.Create(CultureInfo.InvariantCulture, $"The value of {kind} config '{Shown(name)}' has {bytes} bytes; use at most {MostBytes}.")
            : null;
    }

    /// <summary>What a client sent, as it stands in a sentence that it is told: that must fit a string of a message, too.</summary>
    public static string Shown(string text) => text.Length <= MostShown ? text : string.Concat(text.AsSpan(0, MostShown), "...");

    /// <summary>A part of a whole.</summary>
    public static string? Ratio(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 1
            ? null
            : "use a number from 0 to 1";

    public static string? Flag(string value) =>
        bool.TryParse(value, out _) ? null : "use true or false";

    public static string? Any(string value) => null;

    /// <summary>The replicas whose replication is throttled: <c>*</c> or pairs of partition and broker, as Kafka has them.</summary>
    public static string? Replicas(string value) =>
        value == "*" || Entries(value).All(static entry => entry.Split(':') is [var partition, var broker]
            && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            && int.TryParse(broker, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            ? null
            : "use * or pairs partition:broker separated by commas";

    /// <summary>A value of a type of which nothing more is known.</summary>
    public static Func<string, string?> OfType(ConfigType type) => type switch
    {
        ConfigType.Boolean => Flag,
        ConfigType.Short => Whole(short.MinValue, short.MaxValue),
        ConfigType.Int => Whole(int.MinValue, int.MaxValue),
        ConfigType.Long => Whole(long.MinValue, long.MaxValue),
        ConfigType.Double => static value => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? null : "use a number",
        _ => Any,
    };

    /// <summary>The entries of a list.</summary>
    public static string[] Entries(string value) => value.Split(',', Clean);
}
