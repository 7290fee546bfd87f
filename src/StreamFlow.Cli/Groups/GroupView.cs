using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Groups;

/// <summary>A member and what it reads.</summary>
internal sealed record MemberView(string Id, string? InstanceId, string ClientId, string Host, IReadOnlyList<TopicPartition> Partitions);

/// <summary>A group of either protocol.</summary>
internal sealed record GroupView(string Name, string State, string Type, string Assignor, IReadOnlyList<MemberView> Members)
{
    /// <summary>What its coordinator knows of a group.</summary>
    /// <exception cref="KafkaException">There is no such group.</exception>
    public static Task<GroupView> LoadAsync(Cluster cluster, string group, CancellationToken ct) => cluster.RetryAsync(
        async () =>
        {
            BrokerConnection coordinator = await cluster.CoordinatorAsync(group, isTransaction: false, ct).ConfigureAwait(false);
            if (coordinator.VersionOf(ApiKey.ConsumerGroupDescribe) >= 0)
            {
                ConsumerGroupDescribeResponse modern = await coordinator.SendAsync(new ConsumerGroupDescribeRequest { GroupIds = [group] }, ct).ConfigureAwait(false);
                ErrorCode error = modern.Groups[0].ErrorCode;

                // A classic group, or none: the older request tells which.
                if (error is not (ErrorCode.GroupIdNotFound or ErrorCode.UnsupportedVersion))
                {
                    Offsets.Throw(error, $"group '{group}'", modern.Groups[0].ErrorMessage);
                    return Of(modern.Groups[0]);
                }
            }

            DescribeGroupsResponse classic = await coordinator.SendAsync(new DescribeGroupsRequest { Groups = [group] }, ct).ConfigureAwait(false);
            DescribeGroupsResponseGroups found = classic.Groups[0];
            Offsets.Throw(found.ErrorCode, $"group '{group}'", found.ErrorMessage);
            return found.GroupState == "Dead" ? throw new KafkaException(ErrorCode.GroupIdNotFound, $"group '{group}'") : Of(found);
        },
        ct);

    private static GroupView Of(ConsumerGroupDescribeResponseGroups group) => new(
        group.GroupId, group.GroupState, "consumer", group.AssignorName,
        [
            .. group.Members.Select(static m => new MemberView(
                m.MemberId, m.InstanceId, m.ClientId, m.ClientHost,
                [.. m.Assignment.TopicPartitions.SelectMany(static t => t.Partitions.Select(p => new TopicPartition(t.TopicName, p)))])),
        ]);

    private static GroupView Of(DescribeGroupsResponseGroups group) => new(
        group.GroupId, group.GroupState, "classic", group.ProtocolData,
        [
            .. group.Members.Select(m => new MemberView(
                m.MemberId, m.GroupInstanceId, m.ClientId, m.ClientHost, group.ProtocolType == "consumer" ? GroupData.ReadAssignment(m.MemberAssignment) : [])),
        ]);
}
