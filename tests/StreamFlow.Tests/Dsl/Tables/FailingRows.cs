using System.Globalization;

namespace StreamFlow.Tests.Dsl.Tables;

/// <summary>What functions that fail on some rows make of two tables: nothing of those.</summary>
internal static class FailingRows
{
    public static readonly string[] Kinds =
    [
        "map", "kept map", "filter", "selector", "adder", "adder with history", "join", "left join", "outer join", "join of views",
        "join of joins", "foreign key", "left foreign key", "left foreign key of views",
    ];

    public static string Good(string value) => IsBad(value) ? throw new InvalidOperationException($"{value} is bad") : value;

    public static string Pair(string? left, string? right) => (left ?? "-") + "/" + (right ?? "-");

    /// <summary>Fails by what both rows are.</summary>
    public static string GoodPair(string? left, string? right) => IsBadPair(left, right)
        ? throw new InvalidOperationException($"{left} and {right} are bad together")
        : Pair(left, right);

    public static string Group(string value) => $"g{value.Sum(c => c) % 3}";

    public static string? ForeignKey(string value) => Number(value) % 6 == 0 ? null : $"r{Number(value) % 6}";

    /// <summary>A list of values in their order, which is the same however it came about.</summary>
    public static string With(string all, string value) =>
        string.Join(' ', all.Split(' ', StringSplitOptions.RemoveEmptyEntries).Append(value).Order(StringComparer.Ordinal));

    public static string Without(string all, string value)
    {
        var values = all.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToList();
        if (!values.Remove(value))
        {
            values.Add("without " + value);
        }

        return string.Join(' ', values);
    }

    public static Dictionary<string, string> Results(
        string what, Dictionary<string, string> left, Dictionary<string, string> right)
    {
        if (what is "selector" or "adder" or "adder with history")
        {
            return [];
        }

        var good = left.Where(row => !IsBad(row.Value)).ToDictionary();
        var goodRight = right.Where(row => !IsBad(row.Value)).ToDictionary();
        return what switch
        {
            "map" or "kept map" => good,
            "filter" => good.Where(row => row.Value != "1").ToDictionary(),
            "join" => Join(left, right, needsLeft: true, needsRight: true),
            "left join" => Join(left, right, needsLeft: true, needsRight: false),
            "outer join" => Join(left, right, needsLeft: false, needsRight: false),
            "join of views" => left.Keys.Union(right.Keys)
                .Select(key => (key, l: good.GetValueOrDefault(key), r: Not1(goodRight.GetValueOrDefault(key))))
                .Where(pair => pair.l is not null || pair.r is not null)
                .ToDictionary(pair => pair.key, pair => Pair(pair.l, pair.r)),
            "join of joins" => Join(left, right, needsLeft: false, needsRight: false)
                .ToDictionary(pair => pair.Key, pair => Pair(pair.Value, goodRight.GetValueOrDefault(pair.Key))),
            "foreign key" => left.Where(row => !IsBad(row.Value))
                .Select(row => (row.Key, row.Value, Other: Other(row.Value, right)))
                .Where(row => row.Other is not null && !IsBadPair(row.Value, row.Other))
                .ToDictionary(row => row.Key, row => Pair(row.Value, row.Other)),
            "left foreign key" => left
                .Select(row => (row.Key, row.Value, Other: IsBad(row.Value) ? null : Other(row.Value, right)))
                .Where(row => !IsBadPair(row.Value, row.Other))
                .ToDictionary(row => row.Key, row => Pair(row.Value, row.Other)),
            _ => good.ToDictionary(row => row.Key, row => Pair(row.Value, Other(row.Value, goodRight))),
        };
    }

    public static Dictionary<string, string> Sums(
        string what, Dictionary<string, string> left, Dictionary<string, string> right)
    {
        var values = what is "selector" or "adder" or "adder with history"
            ? left.Values.Where(value => !IsBad(value))
            : Results(what, left, right).Values;
        return values.GroupBy(Group).ToDictionary(group => group.Key, group => group.Aggregate("", With));
    }

    private static Dictionary<string, string> Join(
        Dictionary<string, string> left, Dictionary<string, string> right, bool needsLeft, bool needsRight) =>
        left.Keys.Union(right.Keys)
            .Where(key => (!needsLeft || left.ContainsKey(key)) && (!needsRight || right.ContainsKey(key)))
            .Select(key => (key, l: left.GetValueOrDefault(key), r: right.GetValueOrDefault(key)))
            .Where(pair => !IsBadPair(pair.l, pair.r))
            .ToDictionary(pair => pair.key, pair => Pair(pair.l, pair.r));

    private static string? Not1(string? value) => value == "1" ? null : value;

    private static string? Other(string value, Dictionary<string, string> right) =>
        ForeignKey(value) is { } key ? right.GetValueOrDefault(key) : null;

    private static bool IsBad(string value) => Number(value) % 5 == 0;

    private static bool IsBadPair(string? left, string? right) =>
        (Number(left ?? "0") + Number(right ?? "0")) % 5 == 0;

    private static int Number(string value) => int.Parse(value, CultureInfo.InvariantCulture);
}
