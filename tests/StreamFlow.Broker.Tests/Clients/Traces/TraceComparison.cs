using System.Buffers.Binary;
using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>Compares two answers field by field.</summary>
internal sealed class TraceComparison(ChosenValues chosen, List<string> differences)
{
    private const int HeaderSize = 61;

    /// <summary>Lists that are sets: what one is of stands in this field.</summary>
    private static readonly string[] Identities =
        ["name", "group_id", "transactional_id", "resource_name", "partition_index", "partition", "broker_id", "node_id", "topic"];

    public void Compare(string path, WireStruct theirs, WireStruct ours)
    {
        foreach ((string name, object? value) in theirs)
        {
            // What a newer version of an answer has more, this broker does not have yet: another test compares the versions.
            if (ours.TryGetValue(name, out object? other))
            {
                CompareValues($"{path}.{name}", value, other);
            }
        }
    }

    private void CompareValues(string path, object? theirs, object? ours)
    {
        switch (theirs, ours)
        {
            case (WireStruct left, WireStruct right):
                Compare(path, left, right);
                break;
            case (List<object?> left, List<object?> right):
                CompareLists(path, left, right);
                break;
            case (byte[] left, byte[] right) when path.EndsWith("records", StringComparison.Ordinal):
                CompareBatches(path, Batches(left), Batches(right));
                break;
            case (byte[] left, byte[] right):
                CompareValues(path, Convert.ToHexString(left), Convert.ToHexString(right));
                break;
            case (byte[] { Length: 0 }, null) or (null, byte[] { Length: 0 }):
                break;
            default:
                if (!Equals(theirs, ours) && !chosen.IsInThePlaceOf(path[(path.LastIndexOf('.') + 1)..], theirs, ours))
                {
                    differences.Add($"{path}: {Shown(theirs)}, {Shown(ours)}");
                }

                break;
        }
    }

    private void CompareLists(string path, List<object?> theirs, List<object?> ours)
    {
        if (theirs.Count != ours.Count)
        {
            differences.Add($"{path}.length: {theirs.Count} ({Names(theirs)}), {ours.Count} ({Names(ours)})");
        }

        foreach ((object? left, object? right) in InOrder(theirs).Zip(InOrder(ours)))
        {
            CompareValues(path, left, right);
        }
    }

    /// <summary>A list as it is, or what it has in the order of what that is of.</summary>
    public static IEnumerable<object?> InOrder(List<object?> items) =>
        items.All(static x => x is WireStruct) ? items.OrderBy(Identity, StringComparer.Ordinal) : items;

    private static string Identity(object? item) => item is WireStruct one
        ? string.Join('/', Identities.Where(one.ContainsKey).Select(x => string.Create(CultureInfo.InvariantCulture, $"{one[x],12}")))
        : "";

    private static string Names(List<object?> items) => string.Join(' ', items.Select(static x => Identity(x).Trim()));

    /// <summary>How many batches an answer has is up to the broker: what one left out, the next request of the client asks for.</summary>
    private void CompareBatches(string path, List<string> theirs, List<string> ours)
    {
        if (theirs.Count == 0 || ours.Count == 0)
        {
            CompareValues(path + ".batches", theirs.Count, ours.Count);
        }

        foreach ((string left, string right) in theirs.Zip(ours))
        {
            CompareValues(path, left, right);
        }
    }

    /// <summary>Records batch by batch without what brokers choose: the producer's id, and the time and epoch of a marker.</summary>
    private static List<string> Batches(ReadOnlySpan<byte> rest)
    {
        List<string> batches = [];
        while (rest.Length >= HeaderSize)
        {
            int size = Math.Min(12 + BinaryPrimitives.ReadInt32BigEndian(rest[8..]), rest.Length);
            int attributes = BinaryPrimitives.ReadInt16BigEndian(rest[21..]);
            bool isMarker = (attributes & 0x20) != 0;
            string content = isMarker ? "marker" : Convert.ToHexString(rest[27..43]) + Convert.ToHexString(rest[51..size]);
            batches.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{BinaryPrimitives.ReadInt64BigEndian(rest)}+{BinaryPrimitives.ReadInt32BigEndian(rest[23..])} {attributes:x} {content}"));
            rest = rest[size..];
        }

        return batches;
    }

    private static string Shown(object? value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
