using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Topics;

/// <summary>topics describe.</summary>
internal static class TopicsDescribe
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string[]> topics = new("topic") { Description = "The topics (default: all but the brokers' own)", Arity = ArgumentArity.ZeroOrMore, HelpName = "topic" };
        return CommandParts.Leaf(
            "describe", "Show partitions with their leader, replicas, offsets and size; 'configs describe' shows settings",
            ["streamflow topics describe orders", "streamflow topics describe --json"], [topics], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                MetadataResponse metadata = await MetadataAsync(cluster, context.Get(topics), context.Cancelled).ConfigureAwait(false);
                context.Show(await TableAsync(cluster, metadata, context.Cancelled).ConfigureAwait(false));
                return ExitCode.Success;
            });
    }

    private static async Task<MetadataResponse> MetadataAsync(Cluster cluster, string[] topics, CancellationToken ct)
    {
        MetadataResponse metadata = await cluster.RetryAsync(() => cluster.MetadataAsync(topics.Length == 0 ? null : topics, ct), ct).ConfigureAwait(false);
        foreach (MetadataResponseTopics topic in metadata.Topics)
        {
            Offsets.Throw(topic.ErrorCode, $"topic '{topic.Name}'");
        }

        metadata.Topics = [.. metadata.Topics.Where(t => topics.Length > 0 || !t.IsInternal)];
        return metadata;
    }

    private static async Task<Table> TableAsync(Cluster cluster, MetadataResponse metadata, CancellationToken ct)
    {
        List<TopicPartition> led = [.. metadata.Topics.SelectMany(static t => t.Partitions.Where(static p => p.LeaderId >= 0).Select(p => new TopicPartition(t.Name!, p.PartitionIndex)))];
        var starts = await cluster.ListOffsetsAsync(led, Offsets.Earliest, ct).ConfigureAwait(false);
        var ends = await cluster.ListOffsetsAsync(led, Offsets.Latest, ct).ConfigureAwait(false);
        Dictionary<TopicPartition, long> sizes = await cluster.SizesAsync(led, ct).ConfigureAwait(false);
        Table table = new(
            new("Topic", "topic"), new("Partition", "partition", true), new("Leader", "leader", true), new("Replicas", "replicas"), new("In sync", "inSyncReplicas"),
            new("Start", "startOffset", true), new("End", "endOffset", true), new("Bytes", "bytes", true));
        foreach (MetadataResponseTopics topic in metadata.Topics.OrderBy(static t => t.Name, StringComparer.Ordinal))
        {
            foreach (MetadataResponsePartitions p in topic.Partitions.OrderBy(static p => p.PartitionIndex))
            {
                TopicPartition key = new(topic.Name!, p.PartitionIndex);
                table.Add(
                    topic.Name, p.PartitionIndex, p.LeaderId < 0 ? null : p.LeaderId, p.ReplicaNodes, p.IsrNodes,
                    starts.TryGetValue(key, out var start) ? start.Offset : null, ends.TryGetValue(key, out var end) ? end.Offset : null,
                    sizes.TryGetValue(key, out long size) ? size : null);
            }
        }

        return table;
    }
}
