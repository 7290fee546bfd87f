using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Groups;

/// <summary>groups describe: offsets and lag, members, or the state alone.</summary>
internal static class GroupsDescribe
{
    public static Command Create(Surroundings surroundings)
    {
        Argument<string[]> names = new("group") { Description = "The groups (default: all)", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> members = new("--members") { Description = "Members with their partitions, instead of offsets" };
        Option<bool> state = new("--state") { Description = "State, assignor and number of members, instead of offsets" };
        return CommandParts.Leaf(
            "describe", "Show where groups are in each partition, how far behind, and who reads it",
            ["streamflow groups describe order-counts", "streamflow groups describe order-counts --members"], [names, members, state], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                List<GroupView> groups = [];
                foreach (string name in await NamesAsync(cluster, context.Get(names), context.Cancelled).ConfigureAwait(false))
                {
                    groups.Add(await GroupView.LoadAsync(cluster, name, context.Cancelled).ConfigureAwait(false));
                }

                context.Show(context.Get(state) ? States(groups)
                    : context.Get(members) ? Members(groups)
                    : await OffsetsAsync(cluster, groups, context.Cancelled).ConfigureAwait(false));
                return ExitCode.Success;
            });
    }

    private static async Task<IEnumerable<string>> NamesAsync(Cluster cluster, string[] given, CancellationToken ct) => given.Length > 0
        ? given
        : (await GroupsCommand.AllAsync(cluster, [], [], ct).ConfigureAwait(false)).Where(static (ListGroupsResponseGroups g) => g.ProtocolType is "consumer" or "")
            .Select(static g => g.GroupId).Order(StringComparer.Ordinal);

    private static Table States(List<GroupView> groups)
    {
        Table table = new(new("Group", "group"), new("State", "state"), new("Type", "type"), new("Assignor", "assignor"), new("Members", "members", true));
        foreach (GroupView group in groups)
        {
            table.Add(group.Name, group.State, group.Type, group.Assignor, group.Members.Count);
        }

        return table;
    }

    private static Table Members(List<GroupView> groups)
    {
        Table table = new(
            new("Group", "group"), new("Member", "member"), new("Instance", "instance"), new("Client", "client"), new("Host", "host"), new("Partitions", "partitions"));
        foreach (GroupView group in groups)
        {
            foreach (MemberView member in group.Members.OrderBy(static m => m.Id, StringComparer.Ordinal))
            {
                table.Add(group.Name, member.Id, member.InstanceId, member.ClientId, member.Host, member.Partitions.Order().Select(static p => p.ToString()).ToList());
            }
        }

        return table;
    }

    private static async Task<Table> OffsetsAsync(Cluster cluster, List<GroupView> groups, CancellationToken ct)
    {
        Table table = new(
            new("Group", "group"), new("Topic", "topic"), new("Partition", "partition", true), new("Offset", "offset", true), new("End", "endOffset", true),
            new("Lag", "lag", true), new("Member", "member"), new("Host", "host"), new("Client", "client"));
        foreach (GroupView group in groups)
        {
            Dictionary<TopicPartition, CommittedOffset> committed = await cluster.CommittedAsync(group.Name, null, ct).ConfigureAwait(false);
            Dictionary<TopicPartition, MemberView> owners = group.Members.SelectMany(static m => m.Partitions.Select(p => (p, m))).GroupBy(static o => o.p)
                .ToDictionary(static g => g.Key, static g => g.First().m);
            SortedSet<TopicPartition> all = [.. committed.Keys, .. owners.Keys];
            HashSet<string> present = [.. (await cluster.MetadataAsync(null, ct).ConfigureAwait(false)).Topics.Select(static t => t.Name!)];
            var ends = await cluster.ListOffsetsAsync(all.Where(p => present.Contains(p.Topic)), Offsets.Latest, ct).ConfigureAwait(false);
            foreach (TopicPartition partition in all)
            {
                long? offset = committed.TryGetValue(partition, out CommittedOffset at) ? at.Offset : null;
                long? end = ends.TryGetValue(partition, out var last) ? last.Offset : null;
                MemberView? owner = owners.GetValueOrDefault(partition);
                table.Add(group.Name, partition.Topic, partition.Partition, offset, end, offset is null || end is null ? null : Math.Max(0, end.Value - offset.Value), owner?.Id, owner?.Host, owner?.ClientId);
            }
        }

        return table;
    }
}
