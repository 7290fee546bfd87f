using System.Text;

namespace StreamFlow.Tests.Dsl.Tables;

/// <summary>The table that a topic of results adds up to.</summary>
internal static class ResultRows
{
    public static void Apply(Dictionary<string, string> table, IReadOnlyList<ProducedRecord> records)
    {
        foreach (var record in records)
        {
            var key = Encoding.UTF8.GetString(record.Key!);
            if (record.Value is null)
            {
                table.Remove(key);
            }
            else
            {
                table[key] = Encoding.UTF8.GetString(record.Value);
            }
        }
    }

    public static IEnumerable<string> Sorted(IEnumerable<KeyValuePair<string, string>> table) =>
        table.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal);
}
