using System.Globalization;

namespace StreamFlow.Protocol.Generator;

/// <summary>Versions from one to another, both included.</summary>
internal readonly record struct VersionRange(int From, int To)
{
    /// <summary>What this and another have in common; empty when <see cref="From"/> is behind <see cref="To"/>.</summary>
    public VersionRange And(VersionRange other) => new(System.Math.Max(From, other.From), System.Math.Min(To, other.To));

    public bool IsEmpty => From > To;

    public bool Has(int version) => version >= From && version <= To;

    /// <summary>Reads "3", "3-5" or "3+"; false when it is none of them.</summary>
    public static bool TryParse(string text, int last, out VersionRange range)
    {
        range = default;
        var dash = text.IndexOf('-');
        var first = dash > 0 ? text.Substring(0, dash) : text.TrimEnd('+');
        if (!TryNumber(first, out var from))
        {
            return false;
        }

        if (dash > 0)
        {
            var ok = TryNumber(text.Substring(dash + 1), out var to) && to >= from;
            range = new VersionRange(from, to);
            return ok;
        }

        range = new VersionRange(from, text.EndsWith("+", System.StringComparison.Ordinal) ? last : from);
        return text.Length - first.Length <= 1 && !range.IsEmpty;
    }

    public override string ToString() => From == To ? $"{From}" : $"{From} to {To}";

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= short.MaxValue;
}
