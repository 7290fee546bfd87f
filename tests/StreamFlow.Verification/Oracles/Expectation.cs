using System.Buffers.Binary;
using System.Text;

namespace StreamFlow.Verification.Oracles;

/// <summary>
/// The results computed again, record by record, from the committed repartition topic: for each store and key the
/// aggregates in the order in which they come about.
/// </summary>
internal sealed class Expectation
{
    private readonly Dictionary<string, List<string>> _running = [];
    private readonly Dictionary<string, List<string>> _windowed = [];

    public Expectation(Evidence evidence)
    {
        foreach (var record in evidence[Workload.Repartition])
        {
            Add(_running, Convert.ToHexString(record.Key!), record.ValueText);
            var start = record.Timestamp / Workload.WindowMs * Workload.WindowMs;
            Add(_windowed, WindowKey(record.KeyText, start), record.ValueText);
        }
    }

    /// <summary>Aggregates by hexadecimal key of the result.</summary>
    public IReadOnlyDictionary<string, List<string>> Of(StoreSpec store) => store.IsWindowed ? _windowed : _running;

    /// <summary>Key of a result in hexadecimal: the category, for a windowed one followed by 8 bytes of the window's start.</summary>
    private static string WindowKey(string category, long start)
    {
        Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetByteCount(category) + sizeof(long)];
        var length = Encoding.UTF8.GetBytes(category, bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[length..], start);
        return Convert.ToHexString(bytes);
    }

    private static void Add(Dictionary<string, List<string>> results, string key, string value)
    {
        if (!results.TryGetValue(key, out var sequence))
        {
            results[key] = sequence = [];
        }

        sequence.Add(Workload.Next(sequence.Count == 0 ? string.Empty : sequence[^1], value));
    }
}
