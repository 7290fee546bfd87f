using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace StreamFlow.Benchmarks.Peer;

/// <summary>
/// Adds up what a workload wrote, as the Kafka Streams peer does, to be compared with it and with what the input must
/// give: a hash of all bytes for the pass-through, the last result of each window or session for the counts, the sum of all
/// amounts for joins.
/// </summary>
internal sealed class OutputCheck(OutputKind kind)
{
    private const ulong FnvOffset = 0xcbf29ce484222325;
    private const ulong FnvPrime = 0x100000001b3;
    private readonly Dictionary<string, (long Count, long Cents)> _finals = new(StringComparer.Ordinal);
    private ulong _hash;
    private long _records;
    private long _cents;

    /// <summary>What the input says how much of it there must be.</summary>
    public long Seen => kind is OutputKind.Totals or OutputKind.Counts ? _finals.Values.Sum(f => f.Count) : _records;

    public void Add(byte[]? key, byte[]? value)
    {
        _records++;
        switch (kind)
        {
            case OutputKind.Bytes:
                _hash = unchecked(_hash + Fnv(value, Fnv(key, FnvOffset)));
                break;
            case OutputKind.Amounts:
                using (var json = JsonDocument.Parse(value))
                {
                    _cents += (long)Math.Round(json.RootElement.GetProperty("amount").GetDouble() * 100);
                }

                break;
            case OutputKind.Counts when value is null:
                _finals.Remove(Encoding.UTF8.GetString(key!));
                break;
            case OutputKind.Counts:
                _finals[Encoding.UTF8.GetString(key!)] = (BinaryPrimitives.ReadInt64BigEndian(value), 0);
                break;
            default:
                using (var json = JsonDocument.Parse(value))
                {
                    _finals[Encoding.UTF8.GetString(key!)] =
                        (json.RootElement.GetProperty("count").GetInt64(), json.RootElement.GetProperty("cents").GetInt64());
                }

                break;
        }
    }

    /// <summary>Whether it fits: a late record is left out, and then is missing, unless nothing would have come of it.</summary>
    public bool Fits(long expected, long dropped) => kind == OutputKind.Amounts
        ? Seen <= expected && Seen + dropped >= expected
        : Seen + dropped == expected;

    public void Describe(JsonObject line)
    {
        line["out_records"] = _records;
        switch (kind)
        {
            case OutputKind.Bytes:
                line["out_hash"] = _hash.ToString("x16", CultureInfo.InvariantCulture);
                break;
            case OutputKind.Amounts:
                line["out_cents"] = _cents;
                break;
            default:
                line["final_keys"] = _finals.Count;
                line["final_count"] = Seen;
                line["final_cents"] = _finals.Values.Sum(f => f.Cents);
                break;
        }
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
