using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Topics;

/// <summary>topics list.</summary>
internal static class TopicsList
{
    public static Command Create(Surroundings surroundings)
    {
        Option<bool> internals = new("--internal") { Description = "Also the brokers' own, such as __consumer_offsets" };
        Option<string?> match = new("--match") { Description = "Only those whose name has this text in it", HelpName = "text" };
        return CommandParts.Leaf(
            "list", "List topics", ["streamflow topics list --json", "streamflow topics list --match orders"], [internals, match], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                MetadataResponse metadata = await cluster.RetryAsync(() => cluster.MetadataAsync(null, context.Cancelled), context.Cancelled).ConfigureAwait(false);
                Table table = new(new("Topic", "topic"), new("Partitions", "partitions", true), new("Replicas", "replicationFactor", true), new("Internal", "internal"));
                foreach (MetadataResponseTopics topic in metadata.Topics.OrderBy(static t => t.Name, StringComparer.Ordinal))
                {
                    if ((!topic.IsInternal || context.Get(internals)) && topic.Name!.Contains(context.Get(match) ?? "", StringComparison.Ordinal))
                    {
                        table.Add(topic.Name, topic.Partitions.Length, topic.Partitions.Select(static p => p.ReplicaNodes.Length).DefaultIfEmpty().Max(), topic.IsInternal);
                    }
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }
}
