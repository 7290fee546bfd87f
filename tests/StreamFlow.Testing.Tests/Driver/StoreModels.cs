using System.Globalization;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>
/// What the processors of <see cref="StoreProbes"/> must send, by the plainest code there is: lists and loops, and nothing that is
/// cached, flushed, committed or restored.
/// </summary>
internal static class StoreModels
{
    private const long Retention = 40;

    public static TheoryData<string> Names =>
    [
        "processor", "processor with headers", "processor with windows", "processor with duplicates", "processor with sessions",
        "processor with versions",
    ];

    public static Func<string, string, long, string> Of(string scenario) => scenario switch
    {
        "processor" => KeyValue(),
        "processor with headers" => WithHeaders(),
        "processor with windows" => Windows(duplicates: false),
        "processor with duplicates" => Windows(duplicates: true),
        "processor with sessions" => Sessions(),
        "processor with versions" => Versions(),
        _ => throw new ArgumentException(scenario),
    };

    private static Func<string, string, long, string> KeyValue()
    {
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        return (key, value, time) =>
        {
            if (!rows.TryAdd(key, Text(value, time)))
            {
                rows.Remove(key);
            }

            return string.Join(' ', rows.Select(row => row.Key + "=" + row.Value));
        };
    }

    private static Func<string, string, long, string> WithHeaders()
    {
        var rows = new SortedDictionary<string, string>(StringComparer.Ordinal);
        return (key, value, _) =>
        {
            rows[key] = $"{value}/{value}";
            return string.Join(' ', rows.Select(row => row.Key + "=" + row.Value));
        };
    }

    private static Func<string, string, long, string> Windows(bool duplicates)
    {
        var (rows, latest) = (new List<(string Key, long Start, string Text)>(), long.MinValue);
        return (key, value, time) =>
        {
            var start = time / 10 * 10;
            latest = Math.Max(latest, start);
            rows.RemoveAll(row => !duplicates && row.Key == key && row.Start == start);
            rows.Add((key, start, Text(value, time)));
            return string.Join(' ', rows
                .Where(row => row.Start >= latest - Retention + 1)
                .OrderBy(row => row.Key, StringComparer.Ordinal).ThenBy(row => row.Start)
                .Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Key}@{row.Start}={row.Text}")));
        };
    }

    private static Func<string, string, long, string> Sessions()
    {
        var (rows, latest) = (new List<(string Key, long End, string Value)>(), long.MinValue);
        return (key, value, time) =>
        {
            latest = Math.Max(latest, time);
            rows.RemoveAll(row => row.Key == key && row.End == time);
            rows.Add((key, time, value));
            return string.Join(' ', rows
                .Where(row => row.End >= latest - Retention + 1)
                .OrderBy(row => row.Key, StringComparer.Ordinal).ThenBy(row => row.End)
                .Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Key}@{row.End - 2}-{row.End}={row.Value}")));
        };
    }

    /// <summary>Of what the probe asks for: a version that has come too late is not there, and none is read that is too long ago.</summary>
    private static Func<string, string, long, string> Versions()
    {
        var (rows, latest) = (new List<(string Key, long Time, string Value)>(), long.MinValue);
        return (key, value, time) =>
        {
            latest = Math.Max(latest, time);
            if (time >= latest - Retention)
            {
                rows.RemoveAll(row => row.Key == key && row.Time == time);
                rows.Add((key, time, value));
            }

            var versions = rows.Where(row => row.Key == key).OrderBy(row => row.Time).ToList();
            return string.Join(' ', StoreProbes.VersionsAskedFor.Select(asOf =>
                versions.FindLast(row => row.Time <= asOf) is { Key: not null } found && IsReadable(found, versions, asOf, latest)
                    ? Text(found.Value, found.Time)
                    : "-"));
        };
    }

    /// <summary>The latest version of a key can always be read, earlier ones within the retention.</summary>
    private static bool IsReadable(
        (string Key, long Time, string Value) found, List<(string Key, long Time, string Value)> versions, long asOf, long latest) =>
        found == versions[^1] || asOf >= latest - Retention;

    private static string Text(string value, long time) => string.Create(CultureInfo.InvariantCulture, $"{value}@{time}");
}
