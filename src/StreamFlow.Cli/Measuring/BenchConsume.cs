using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Cli.Records;

namespace StreamFlow.Cli.Measuring;

/// <summary>bench consume: reads records from the beginning and measures.</summary>
internal sealed class BenchConsume
{
    private readonly Argument<string> _topic = new("topic") { Description = "What to read" };
    private readonly Option<int?> _records = Values.Number("--records", 1, int.MaxValue, "How many (default: all there are now)");
    private readonly Option<string?> _isolation = Values.Word("--isolation-level", ["read_uncommitted", "read_committed"], "Whether records of open and aborted transactions are seen (default: read_uncommitted)");

    public static Command Create(Surroundings surroundings)
    {
        BenchConsume command = new();
        return CommandParts.Leaf(
            "consume", "Read records as fast as they are given", ["streamflow bench consume load"], [command._topic, command._records, command._isolation], surroundings, command.RunAsync);
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        await using Cluster cluster = context.Connect();
        CancellationToken ct = context.Cancelled;
        bool isCommitted = context.Get(_isolation) == "read_committed";
        Dictionary<TopicPartition, int> leaders = await cluster.LeadersAsync([context.Get(_topic)], ct).ConfigureAwait(false);
        RecordFetcher fetcher = new(cluster, isCommitted);
        var ends = await cluster.ListOffsetsAsync(leaders.Keys, Offsets.Latest, ct, isCommitted).ConfigureAwait(false);
        foreach ((TopicPartition partition, (long offset, _)) in await cluster.ListOffsetsAsync(leaders.Keys, Offsets.Earliest, ct).ConfigureAwait(false))
        {
            fetcher.Positions[partition] = offset;
        }

        (long count, long bytes, Latencies fetches) = (0, 0, new Latencies());
        long start = context.Time.GetTimestamp();
        while (count < (context.Get(_records) ?? int.MaxValue) && ends.Any(e => fetcher.Positions[e.Key] < e.Value.Offset))
        {
            long asked = context.Time.GetTimestamp();
            List<FetchedRecord> records = await fetcher.FetchAsync(ct).ConfigureAwait(false);
            fetches.Add(context.Time.GetElapsedTime(asked));
            count += records.Count;
            bytes += records.Sum(static r => (r.Key?.Length ?? 0) + (long)(r.Value?.Length ?? 0));
        }

        Show(context, context.Time.GetElapsedTime(start), count, bytes, fetches);
        return ExitCode.Success;
    }

    private static void Show(CommandContext context, TimeSpan took, long count, long bytes, Latencies fetches)
    {
        double seconds = Math.Max(took.TotalSeconds, 1e-9);
        Table table = new(
            new("Records", "records", true), new("Seconds", "seconds", true), new("Records/s", "recordsPerSecond", true), new("MiB/s", "mebibytesPerSecond", true),
            new("Fetches", "fetches", true), new("p50 ms", "fetchP50Ms", true), new("p99 ms", "fetchP99Ms", true), new("Max ms", "fetchMaxMs", true));
        table.Add(count, seconds, count / seconds, bytes / seconds / (1 << 20), fetches.Count, fetches.Percentile(50), fetches.Percentile(99), fetches.Max);
        context.Show(table);
    }
}
