using System.Text;
using System.Text.Json;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>
/// Adds up what a workload wrote, as the Kafka Streams peer does, to be compared with it and with what the input must
/// give: a hash of all bytes for the pass-through, the last result of each window for the counts.
/// </summary>
internal sealed class OutputCheck(string workload)
{
    private const ulong FnvOffset = 0xcbf29ce484222325;
    private const ulong FnvPrime = 0x100000001b3;
    private readonly Dictionary<string, (long Count, long Cents)> _finals = new(StringComparer.Ordinal);
    private ulong _hash;

    public bool Windowed => workload == "ordercount";

    public string Hash => _hash.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    public int FinalKeys => _finals.Count;

    public long FinalCount => _finals.Values.Sum(f => f.Count);

    public long FinalCents => _finals.Values.Sum(f => f.Cents);

    public void Add(byte[]? key, byte[]? value)
    {
        if (!Windowed)
        {
            _hash = unchecked(_hash + Fnv(value, Fnv(key, FnvOffset)));
            return;
        }

        using var json = JsonDocument.Parse(value);
        _finals[Encoding.UTF8.GetString(key!)] =
            (json.RootElement.GetProperty("count").GetInt64(), json.RootElement.GetProperty("cents").GetInt64());
    }

    private static ulong Fnv(byte[]? bytes, ulong hash)
    {
        foreach (var b in bytes ?? [])
        {
            hash = unchecked((hash ^ b) * FnvPrime);
        }

        return hash;
    }
}
