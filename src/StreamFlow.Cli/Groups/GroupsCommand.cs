using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Groups;

/// <summary>groups list, describe, reset, delete and delete-offsets.</summary>
internal static class GroupsCommand
{
    /// <summary>Of all types. A broker finds no group in a state that there is not, and does not say so.</summary>
    private static readonly string[] States = ["Empty", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "Stable", "NotReady", "Dead"];

    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "groups", "List, describe, reset and delete consumer groups",
        [
            "streamflow groups list",
            "streamflow groups describe order-counts",
            "streamflow groups reset order-counts --topic orders --to-earliest --execute",
        ],
        List(surroundings), GroupsDescribe.Create(surroundings), GroupsReset.Create(surroundings), Delete(surroundings), DeleteOffsets(surroundings)));

    public static Argument<string> Name() => new("group") { Description = "The group" };

    private static Command List(Surroundings surroundings)
    {
        Option<string[]> states = Values.Words("--state", States, "Only groups in these states", "state");
        Option<string[]> types = Values.Words("--type", ["classic", "consumer", "share", "streams"], "Only groups of these types", "type");
        return CommandParts.Leaf(
            "list", "List groups with their state and type", ["streamflow groups list --state Empty"], [states, types], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                Table table = new(new("Group", "group"), new("State", "state"), new("Type", "type"), new("Protocol", "protocol"));
                foreach (ListGroupsResponseGroups group in (await AllAsync(cluster, context.Get(states)!, context.Get(types)!, context.Cancelled).ConfigureAwait(false))
                    .OrderBy(static g => g.GroupId, StringComparer.Ordinal))
                {
                    table.Add(group.GroupId, group.GroupState, group.GroupType.Length == 0 ? "classic" : group.GroupType.ToLowerInvariant(), group.ProtocolType);
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    /// <summary>The groups of all brokers.</summary>
    public static async Task<List<ListGroupsResponseGroups>> AllAsync(Cluster cluster, string[] states, string[] types, CancellationToken ct)
    {
        List<ListGroupsResponseGroups> groups = [];
        foreach (int node in await cluster.NodesAsync(ct).ConfigureAwait(false))
        {
            groups.AddRange(await cluster.RetryAsync(
                async () =>
                {
                    BrokerConnection connection = await cluster.NodeAsync(node, ct).ConfigureAwait(false);
                    ListGroupsResponse response = await connection.SendAsync(new ListGroupsRequest { StatesFilter = states, TypesFilter = types }, ct).ConfigureAwait(false);
                    Offsets.Throw(response.ErrorCode, $"groups of broker {node}");
                    return response.Groups;
                },
                ct).ConfigureAwait(false));
        }

        return groups;
    }

    private static Command Delete(Surroundings surroundings)
    {
        Argument<string[]> names = new("group") { Description = "The groups", Arity = ArgumentArity.OneOrMore };
        return CommandParts.Leaf(
            "delete", "Delete groups that have no members, with their offsets", ["streamflow groups delete audit"], [names], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                Table table = new(new("Group", "group"), new("Result", "result"), new("Error", "error"));
                bool isDone = true;
                foreach (string group in context.Get(names))
                {
                    ErrorCode error = await DeleteAsync(cluster, group, context.Cancelled).ConfigureAwait(false);
                    isDone &= error == ErrorCode.None;
                    table.Add(group, error == ErrorCode.None ? "deleted" : "failed", error == ErrorCode.None ? null : Kafka.NameOf(error));
                    if (error != ErrorCode.None)
                    {
                        context.Say($"error: {Kafka.Describe($"group '{group}'", error, null)}");
                    }
                }

                context.Show(table);
                return isDone ? ExitCode.Success : ExitCode.Failed;
            });
    }

    private static async Task<ErrorCode> DeleteAsync(Cluster cluster, string group, CancellationToken ct) => await cluster.RetryAsync(
        async () =>
        {
            BrokerConnection coordinator = await cluster.CoordinatorAsync(group, isTransaction: false, ct).ConfigureAwait(false);
            DeleteGroupsResponse response = await coordinator.SendAsync(new DeleteGroupsRequest { GroupsNames = [group] }, ct).ConfigureAwait(false);
            ErrorCode error = response.Results[0].ErrorCode;
            return Kafka.IsTransient(error) ? throw new KafkaException(error, $"group '{group}'") : error;
        },
        ct).ConfigureAwait(false);

    private static Command DeleteOffsets(Surroundings surroundings)
    {
        Argument<string> name = Name();
        Option<string[]> topics = Values.Names("--topic", "The topics, each as name or name:partition,...", "topic");
        topics.Required = true;
        return CommandParts.Leaf(
            "delete-offsets", "Delete the offsets of a group in topics that it no longer reads", ["streamflow groups delete-offsets audit --topic orders"], [name, topics],
            surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                string group = context.Get(name);
                List<TopicPartition> partitions = await GroupTopics.ResolveAsync(cluster, context.Get(topics)!, context.Cancelled).ConfigureAwait(false);
                BrokerConnection coordinator = await cluster.RetryAsync(() => cluster.CoordinatorAsync(group, isTransaction: false, context.Cancelled), context.Cancelled).ConfigureAwait(false);
                OffsetDeleteResponse response = await coordinator.SendAsync(
                    new OffsetDeleteRequest
                    {
                        GroupId = group,
                        Topics =
                        [
                            .. partitions.GroupBy(static p => p.Topic).Select(static t => new OffsetDeleteRequestTopics
                            {
                                Name = t.Key, Partitions = [.. t.Select(static p => new OffsetDeleteRequestPartitions { PartitionIndex = p.Partition })],
                            }),
                        ],
                    },
                    context.Cancelled).ConfigureAwait(false);
                Offsets.Throw(response.ErrorCode, $"group '{group}'");
                return Show(context, response);
            });
    }

    private static int Show(CommandContext context, OffsetDeleteResponse response)
    {
        Table table = new(new("Topic", "topic"), new("Partition", "partition", true), new("Result", "result"));
        bool isDone = true;
        foreach ((string topic, OffsetDeleteResponsePartitions p) in response.Topics.SelectMany(static t => t.Partitions.Select(p => (t.Name, p))))
        {
            isDone &= p.ErrorCode == ErrorCode.None;
            table.Add(topic, p.PartitionIndex, p.ErrorCode == ErrorCode.None ? "deleted" : Kafka.NameOf(p.ErrorCode));
        }

        context.Show(table);
        return isDone ? ExitCode.Success : ExitCode.Failed;
    }
}
