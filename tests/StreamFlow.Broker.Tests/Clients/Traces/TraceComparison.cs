using System.Buffers.Binary;
using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>Compares two answers field by field.</summary>
internal sealed class TraceComparison(ChosenValues chosen, List<string> differences)
{
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
            case (byte[] left, byte[] right):
                CompareValues(path, Text(path, left), Text(path, right));
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

        if (theirs.All(static x => x is WireStruct) && ours.All(static x => x is WireStruct))
        {
            theirs = [.. theirs.OrderBy(Identity, StringComparer.Ordinal)];
            ours = [.. ours.OrderBy(Identity, StringComparer.Ordinal)];
        }

        foreach ((object? left, object? right) in theirs.Zip(ours))
        {
            CompareValues(path, left, right);
        }
    }

    private static string Identity(object? item) => item is WireStruct one
        ? string.Join('/', Identities.Where(one.ContainsKey).Select(x => string.Create(CultureInfo.InvariantCulture, $"{one[x],12}")))
        : "";

    private static string Names(List<object?> items) => string.Join(' ', items.Select(static x => Identity(x).Trim()));

    /// <summary>Records batch by batch without what brokers choose: the producer's id, and the time and epoch of a marker.</summary>
    private static string Text(string path, byte[] bytes)
    {
        if (!path.EndsWith("records", StringComparison.Ordinal))
        {
            return Convert.ToHexString(bytes);
        }

        List<string> batches = [];
        for (ReadOnlySpan<byte> rest = bytes; rest.Length >= 61;)
        {
            int size = Math.Min(12 + BinaryPrimitives.ReadInt32BigEndian(rest[8..]), rest.Length);
            int attributes = BinaryPrimitives.ReadInt16BigEndian(rest[21..]);
            bool isMarker = (attributes & 0x20) != 0;
            batches.Add(string.Create(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadInt64BigEndian(rest)}+")
                + string.Create(CultureInfo.InvariantCulture, $"{BinaryPrimitives.ReadInt32BigEndian(rest[23..])} {attributes:x} ")
                + (isMarker ? "marker" : Convert.ToHexString(rest[27..43]) + Convert.ToHexString(rest[51..size])));
            rest = rest[size..];
        }

        return string.Join('\n', batches);
    }

    private static string Shown(object? value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
