using System.Globalization;
using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>What of a topic is to be shown.</summary>
internal sealed record BrowseQuery
{
    public required string Topic { get; init; }

    public int? Partition { get; init; }

    /// <summary>An offset, of one partition; or several as <c>0:12,1:7</c>. Null: the last records.</summary>
    public string? Offset { get; init; }

    /// <summary>Milliseconds since 1970-01-01T00:00Z.</summary>
    public long? At { get; init; }

    public required int Limit { get; init; }

    /// <summary>Text that key, value or a header has.</summary>
    public string? Contains { get; init; }
}

/// <summary>Shows records of topics.</summary>
/// <param name="clients">The way to Kafka.</param>
/// <param name="clientId">Name shown by the broker.</param>
/// <param name="time">The clock.</param>
internal sealed class TopicBrowser(IKafkaClients clients, string clientId, TimeProvider time)
{
    private const int SearchedAtMost = 100_000;
    private const long BytesAtMost = 32 * 1024 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>The partitions of a topic.</summary>
    /// <exception cref="ApiException">There is no such topic, or no such partition.</exception>
    public async Task<IReadOnlyList<TopicPartition>> PartitionsAsync(string topic, int? partition, CancellationToken cancellationToken)
    {
        using var admin = clients.CreateAdmin(clientId);
        var found = await admin.DescribeTopicsAsync([topic], cancellationToken).ConfigureAwait(false);
        if (!found.TryGetValue(topic, out var described))
        {
            throw ApiException.NotFound($"The cluster has no topic '{topic}'.");
        }

        return partition is { } only
            ? only >= 0 && only < described.PartitionCount
                ? [new TopicPartition(topic, only)]
                : throw ApiException.BadRequest($"partition is {only}; topic '{topic}' has the partitions 0 to {described.PartitionCount - 1}.")
            : [.. Enumerable.Range(0, described.PartitionCount).Select(p => new TopicPartition(topic, p))];
    }

    /// <summary>Records of a topic: the last ones, newest first, or those from an offset or a time on.</summary>
    public async Task<(IReadOnlyList<ReadRecord> Records, NextModel? Next)> ReadAsync(BrowseQuery query, CancellationToken cancellationToken)
    {
        var partitions = await PartitionsAsync(query.Topic, query.Partition, cancellationToken).ConfigureAwait(false);
        var offsets = Offsets(query, partitions);
        return await BlockingWork.RunAsync(
            $"{clientId}-browse", () => Read(query, partitions, offsets, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The last records of some topics, newest first; a topic that does not exist has none.</summary>
    public async Task<IReadOnlyList<ReadRecord>> LastAsync(IReadOnlyCollection<string> topics, int limit, CancellationToken cancellationToken)
    {
        using var admin = clients.CreateAdmin(clientId);
        var found = await admin.DescribeTopicsAsync(topics, cancellationToken).ConfigureAwait(false);
        var partitions = found.Values
            .SelectMany(t => Enumerable.Range(0, t.PartitionCount).Select(p => new TopicPartition(t.Name, p))).ToList();
        return await BlockingWork.RunAsync(
            $"{clientId}-browse",
            () =>
            {
                using var scan = new PartitionScan(clients, clientId, time);
                var bounds = partitions.ToDictionary(p => p, scan.Bounds);
                var newest = new NewestRecords(limit, BytesAtMost);
                scan.Read(
                    bounds.ToDictionary(b => b.Key, b => Math.Max(b.Value.Start, b.Value.End - limit)),
                    bounds.ToDictionary(b => b.Key, b => b.Value.End),
                    Longest,
                    record =>
                    {
                        newest.Add(record);
                        return true;
                    },
                    cancellationToken);
                return newest.ToList();
            },
            cancellationToken).ConfigureAwait(false);
    }

    private (IReadOnlyList<ReadRecord> Records, NextModel? Next) Read(
        BrowseQuery query, IReadOnlyList<TopicPartition> partitions, Dictionary<TopicPartition, long>? offsets, CancellationToken cancellationToken)
    {
        using var scan = new PartitionScan(clients, clientId, time);
        var bounds = partitions.ToDictionary(p => p, scan.Bounds);
        var ends = bounds.ToDictionary(b => b.Key, b => b.Value.End);
        var isTail = offsets is null && query.At is null;
        var from = partitions.ToDictionary(p => p, p => offsets is not null
            ? Math.Max(offsets.GetValueOrDefault(p, bounds[p].End), bounds[p].Start)
            : query.At is { } at ? scan.At(p, at, bounds[p].End)
            : query.Contains is null ? Math.Max(bounds[p].Start, bounds[p].End - query.Limit)
            : Math.Max(bounds[p].Start, bounds[p].End - (SearchedAtMost / partitions.Count)));
        var (newest, found) = (new NewestRecords(query.Limit, BytesAtMost), new List<ReadRecord>());
        var (counts, searched, bytes) = (new Dictionary<TopicPartition, int>(), 0, 0L);
        var positions = scan.Read(from, ends, Longest, Take, cancellationToken);
        return isTail
            ? (newest.ToList(), null)
            : Page(query, found, positions, ends);

        bool Take(ReadRecord record)
        {
            searched++;
            if (query.Contains is { } text && !Has(record, text))
            {
                return searched < SearchedAtMost;
            }

            if (isTail)
            {
                newest.Add(record);
                return true;
            }

            found.Add(record.Cut());
            bytes += found[^1].Size;
            var count = counts[record.Partition] = counts.GetValueOrDefault(record.Partition) + 1;
            return count < query.Limit && searched < SearchedAtMost && bytes < BytesAtMost;
        }
    }

    /// <summary>The oldest of all partitions; what is left over is read again by the next page.</summary>
    private static (IReadOnlyList<ReadRecord> Records, NextModel? Next) Page(
        BrowseQuery query, List<ReadRecord> found, IReadOnlyDictionary<TopicPartition, long> positions, Dictionary<TopicPartition, long> ends)
    {
        // By time over the partitions, by offset within each: one that is late counts as old as those before it.
        var latest = new Dictionary<TopicPartition, long>();
        var ordered = found
            .Select(r => (Record: r, Time: latest[r.Partition] = Math.Max(r.Timestamp, latest.GetValueOrDefault(r.Partition, long.MinValue))))
            .OrderBy(r => r.Time).ThenBy(r => r.Record.Partition.Partition).ThenBy(r => r.Record.Offset).Select(r => r.Record).ToList();
        var (shown, next) = (ordered.Take(query.Limit).ToList(), new Dictionary<TopicPartition, long>(positions));
        foreach (var left in ordered.Skip(query.Limit))
        {
            next[left.Partition] = Math.Min(next[left.Partition], left.Offset);
        }

        return (shown, next.All(n => n.Value >= ends[n.Key]) ? null : new NextModel(string.Join(
            ',', next.OrderBy(n => n.Key.Partition).Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Key.Partition}:{n.Value}")))));
    }

    private static Dictionary<TopicPartition, long>? Offsets(BrowseQuery query, IReadOnlyList<TopicPartition> partitions)
    {
        if (query.Offset is null)
        {
            return null;
        }

        if (long.TryParse(query.Offset, NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            return partitions.ToDictionary(p => p, _ => offset);
        }

        var offsets = new Dictionary<TopicPartition, long>();
        foreach (var part in query.Offset.Split(','))
        {
            var numbers = part.Split(':');
            if (numbers.Length != 2
                || !int.TryParse(numbers[0], NumberStyles.None, CultureInfo.InvariantCulture, out var partition)
                || !long.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out var from))
            {
                throw ApiException.BadRequest($"offset is '{query.Offset}'; it is to be a number, or such as 0:12,1:7 for each partition.");
            }

            offsets[new TopicPartition(query.Topic, partition)] = from;
        }

        return offsets;
    }

    private static bool Has(ReadRecord record, string text) =>
        Has(record.Key, text) || Has(record.Value, text)
        || record.Headers.Any(h => h.Key.Contains(text, StringComparison.OrdinalIgnoreCase) || Has(h.Value, text));

    private static bool Has(byte[]? bytes, string text) =>
        bytes is not null && Encoding.UTF8.GetString(bytes).Contains(text, StringComparison.OrdinalIgnoreCase);
}
