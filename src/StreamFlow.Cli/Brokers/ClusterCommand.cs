using System.CommandLine;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Brokers;

/// <summary>cluster describe, apis, log-dirs, features and quorum.</summary>
internal static class ClusterCommand
{
    public static Command Create(Surroundings surroundings) => CommandParts.WithBroker(CommandParts.Group(
        "cluster", "Show brokers, what they speak, what they have on their disks, features and the quorum",
        ["streamflow cluster describe", "streamflow cluster apis", "streamflow cluster log-dirs --topic orders"],
        Describe(surroundings), Apis(surroundings), Dirs(surroundings), Features(surroundings), Quorum(surroundings)));

    private static Command Describe(Surroundings surroundings) => CommandParts.Leaf(
        "describe", "Show the brokers of the cluster", ["streamflow cluster describe --json"], [], surroundings,
        async context =>
        {
            await using Cluster cluster = context.Connect();
            BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
            DescribeClusterResponse response = await any.SendAsync(new DescribeClusterRequest(), context.Cancelled).ConfigureAwait(false);
            Offsets.Throw(response.ErrorCode, "the cluster", response.ErrorMessage);
            Table table = new(new("Cluster", "clusterId"), new("Broker", "broker", true), new("Address", "address"), new("Rack", "rack"), new("Controller", "controller"));
            foreach (DescribeClusterResponseBrokers b in response.Brokers.OrderBy(static b => b.BrokerId))
            {
                table.Add(response.ClusterId, b.BrokerId, new HostPort(b.Host, b.Port).ToString(), b.Rack, b.BrokerId == response.ControllerId);
            }

            context.Show(table);
            return ExitCode.Success;
        });

    private static Command Apis(Surroundings surroundings) => CommandParts.Leaf(
        "apis", "Show the APIs of each broker with their versions, and the one that this tool uses", ["streamflow cluster apis"], [], surroundings,
        async context =>
        {
            await using Cluster cluster = context.Connect();
            Table table = new(new("Broker", "broker", true), new("API", "api"), new("Key", "key", true), new("From", "minVersion", true), new("To", "maxVersion", true), new("Used", "usedVersion", true));
            foreach (int node in await cluster.NodesAsync(context.Cancelled).ConfigureAwait(false))
            {
                BrokerConnection connection = await cluster.NodeAsync(node, context.Cancelled).ConfigureAwait(false);
                foreach ((short key, (short min, short max)) in connection.Ranges.OrderBy(static r => r.Key))
                {
                    bool isKnown = KafkaApis.Find((ApiKey)key) is not null;
                    int used = isKnown ? connection.VersionOf((ApiKey)key) : -1;
                    table.Add(node, isKnown ? ((ApiKey)key).ToString() : null, (int)key, (int)min, (int)max, used < 0 ? null : used);
                }
            }

            context.Show(table);
            return ExitCode.Success;
        });

    private static Command Dirs(Surroundings surroundings)
    {
        Option<string[]> topics = Values.Names("--topic", "Only these topics", "topic");
        return CommandParts.Leaf(
            "log-dirs", "Show what brokers have on their disks", ["streamflow cluster log-dirs --topic orders"], [topics], surroundings,
            async context =>
            {
                await using Cluster cluster = context.Connect();
                string[] names = context.Get(topics)!;
                List<TopicPartition>? wanted = names.Length == 0 ? null : [.. (await cluster.LeadersAsync(names, context.Cancelled).ConfigureAwait(false)).Keys];
                Table table = new(new("Broker", "broker", true), new("Directory", "logDir"), new("Topic", "topic"), new("Partition", "partition", true), new("Bytes", "bytes", true), new("Behind", "offsetLag", true));
                foreach (int node in await cluster.NodesAsync(context.Cancelled).ConfigureAwait(false))
                {
                    DescribeLogDirsResponse response = await cluster.LogDirsAsync(node, wanted, context.Cancelled).ConfigureAwait(false);
                    foreach (DescribeLogDirsResponseResults dir in response.Results)
                    {
                        Offsets.Throw(dir.ErrorCode, $"log directory {dir.LogDir}");
                        foreach ((string topic, DescribeLogDirsResponsePartitions p) in dir.Topics.OrderBy(static t => t.Name, StringComparer.Ordinal).SelectMany(static t => t.Partitions.OrderBy(static p => p.PartitionIndex).Select(p => (t.Name, p))))
                        {
                            table.Add(node, dir.LogDir, topic, p.PartitionIndex, p.PartitionSize, p.OffsetLag);
                        }
                    }
                }

                context.Show(table);
                return ExitCode.Success;
            });
    }

    private static Command Features(Surroundings surroundings) => CommandParts.Leaf(
        "features", "Show which features brokers support and which level is in force", ["streamflow cluster features"], [], surroundings,
        async context =>
        {
            await using Cluster cluster = context.Connect();
            BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
            ApiVersionsResponse response = await any.SendAsync(new ApiVersionsRequest { ClientSoftwareName = "streamflow", ClientSoftwareVersion = ToolVersion.Text }, context.Cancelled).ConfigureAwait(false);
            Offsets.Throw(response.ErrorCode, "features");
            Table table = new(new("Feature", "feature"), new("From", "minVersion", true), new("To", "maxVersion", true), new("In force", "finalizedVersion", true));
            foreach (ApiVersionsResponseSupportedFeatures f in response.SupportedFeatures.OrderBy(static f => f.Name, StringComparer.Ordinal))
            {
                int? level = response.FinalizedFeatures.Where(x => x.Name == f.Name).Select(static x => (int?)x.MaxVersionLevel).FirstOrDefault();
                table.Add(f.Name, (int)f.MinVersion, (int)f.MaxVersion, level);
            }

            context.Show(table);
            return ExitCode.Success;
        });

    private static Command Quorum(Surroundings surroundings) => CommandParts.Leaf(
        "quorum", "Show who keeps the cluster's metadata and how far behind each is", ["streamflow cluster quorum"], [], surroundings,
        async context =>
        {
            await using Cluster cluster = context.Connect();
            BrokerConnection any = await cluster.AnyAsync(context.Cancelled).ConfigureAwait(false);
            DescribeQuorumResponse response = await any.SendAsync(
                new DescribeQuorumRequest { Topics = [new() { TopicName = "__cluster_metadata", Partitions = [new() { PartitionIndex = 0 }] }] }, context.Cancelled).ConfigureAwait(false);
            Offsets.Throw(response.ErrorCode, "the quorum", response.ErrorMessage);
            DescribeQuorumResponsePartitions p = response.Topics[0].Partitions[0];
            Offsets.Throw(p.ErrorCode, "the quorum", p.ErrorMessage);
            Table table = new(new("Node", "node", true), new("Role", "role"), new("Epoch", "leaderEpoch", true), new("Log end", "logEndOffset", true), new("Behind", "lag", true));
            long end = p.CurrentVoters.Concat(p.Observers).Where(v => v.ReplicaId == p.LeaderId).Select(static v => v.LogEndOffset).DefaultIfEmpty(p.HighWatermark).Max();
            foreach ((string role, DescribeQuorumResponseReplicaState v) in p.CurrentVoters.Select(v => (v.ReplicaId == p.LeaderId ? "leader" : "follower", v)).Concat(p.Observers.Select(static v => ("observer", v))))
            {
                table.Add(v.ReplicaId, role, p.LeaderEpoch, v.LogEndOffset, Math.Max(0, end - v.LogEndOffset));
            }

            context.Show(table);
            return ExitCode.Success;
        });
}
