using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Topics;

/// <summary>topics offsets: where partitions begin and end, or are at a time.</summary>
internal static class TopicsOffsets
{
    private static readonly Dictionary<string, long> Names = new()
    {
        ["earliest"] = Offsets.Earliest, ["latest"] = Offsets.Latest, ["max-timestamp"] = Offsets.MaxTimestamp, ["earliest-local"] = Offsets.EarliestLocal,
        ["latest-tiered"] = Offsets.LatestTiered, ["earliest-pending-upload"] = Offsets.EarliestPendingUpload,
    };

    public static Command Create(Surroundings surroundings)
    {
        Argument<string[]> topics = TopicsCommand.Names("The topics");
        Option<long?> time = new("--time")
        {
            Description = $"One of {string.Join(", ", Names.Keys)}, a date, or milliseconds since 1970 (default: the first and the next offset)",
            HelpName = "time",
            CustomParser = static result =>
            {
                string text = result.Tokens[0].Value;
                if (Names.TryGetValue(text, out long known))
                {
                    return known;
                }

                if (Values.TryTime(text, out long date))
                {
                    return Offsets.OfTime(date);
                }

                result.AddError($"--time is '{text}'; give {string.Join(", ", Names.Keys)}, a date as 2026-11-28T12:00:00Z, or milliseconds since 1970.");
                return null;
            },
        };
        return CommandParts.Leaf(
            "offsets", "Show where partitions begin and end, or which offset they have at a time",
            ["streamflow topics offsets orders", "streamflow topics offsets orders --time 2026-11-28T12:00:00Z"], [topics, time], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                Dictionary<TopicPartition, int> leaders = await cluster.LeadersAsync(context.Get(topics), context.Cancelled).ConfigureAwait(false);
                Table table = context.Get(time) is { } wanted
                    ? await AtAsync(cluster, leaders.Keys, wanted, context.Cancelled).ConfigureAwait(false)
                    : await EndsAsync(cluster, leaders.Keys, context.Cancelled).ConfigureAwait(false);
                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static async Task<Table> AtAsync(Cluster cluster, IEnumerable<TopicPartition> partitions, long time, CancellationToken ct)
    {
        Table table = new(new("Topic", "topic"), new("Partition", "partition", true), new("Offset", "offset", true), new("Timestamp", "timestamp", true));
        foreach ((TopicPartition partition, (long offset, long timestamp)) in await cluster.ListOffsetsAsync(partitions, time, ct).ConfigureAwait(false))
        {
            table.Add(partition.Topic, partition.Partition, offset < 0 ? null : offset, timestamp < 0 ? null : timestamp);
        }

        return table;
    }

    private static async Task<Table> EndsAsync(Cluster cluster, IReadOnlyCollection<TopicPartition> partitions, CancellationToken ct)
    {
        SortedDictionary<TopicPartition, (long Offset, long)> starts = await cluster.ListOffsetsAsync(partitions, Offsets.Earliest, ct).ConfigureAwait(false);
        SortedDictionary<TopicPartition, (long Offset, long)> ends = await cluster.ListOffsetsAsync(partitions, Offsets.Latest, ct).ConfigureAwait(false);
        Table table = new(
            new("Topic", "topic"), new("Partition", "partition", true), new("Start", "startOffset", true), new("End", "endOffset", true), new("Records", "records", true));
        foreach ((TopicPartition partition, (long start, _)) in starts)
        {
            table.Add(partition.Topic, partition.Partition, start, ends[partition].Offset, ends[partition].Offset - start);
        }

        return table;
    }
}
