using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Topics;

/// <summary>topics elect-leaders.</summary>
internal static class TopicsElectLeaders
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string[]> topics = new("topic") { Description = "The topics (default: all)", Arity = ArgumentArity.ZeroOrMore, HelpName = "topic" };
        Option<string?> type = Values.Word("--election-type", ["preferred", "unclean"], "The first replica, or any that is there though records may be lost (default: preferred)");
        return CommandParts.Leaf(
            "elect-leaders", "Have leaders of partitions elected anew", ["streamflow topics elect-leaders orders"], [topics, type], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                string[] names = context.Get(topics);
                ElectLeadersRequest request = new()
                {
                    ElectionType = context.Get(type) == "unclean" ? (sbyte)1 : (sbyte)0,
                    TimeoutMs = 30_000,
                    TopicPartitions = names.Length == 0 ? null : [.. (await cluster.LeadersAsync(names, context.Cancelled).ConfigureAwait(false)).Keys.GroupBy(static p => p.Topic)
                        .Select(static t => new ElectLeadersRequestTopicPartitions { Topic = t.Key, Partitions = [.. t.Select(static p => p.Partition)] })],
                };
                BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
                ElectLeadersResponse response = await any.SendAsync(request, context.Cancelled).ConfigureAwait(false);
                Offsets.Throw(response.ErrorCode, "the election");
                return Show(context, response);
            });
    }

    private static int Show(CommandContext context, ElectLeadersResponse response)
    {
        Table table = new(new("Topic", "topic"), new("Partition", "partition", true), new("Result", "result"));
        bool isDone = true;
        foreach (ElectLeadersResponseReplicaElectionResults topic in response.ReplicaElectionResults)
        {
            foreach (ElectLeadersResponsePartitionResult p in topic.PartitionResult.OrderBy(static p => p.PartitionId))
            {
                isDone &= p.ErrorCode is ErrorCode.None or ErrorCode.ElectionNotNeeded;
                table.Add(topic.Topic, p.PartitionId, p.ErrorCode == ErrorCode.None ? "elected" : Kafka.NameOf(p.ErrorCode));
            }
        }

        context.Show(table);
        return isDone ? ExitCode.Success : ExitCode.Failed;
    }
}
