using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client.Admin;

/// <summary>What brokers have on their disks.</summary>
internal static class LogDirs
{
    /// <summary>The bytes of partitions where their leaders have them; empty when the broker does not tell.</summary>
    public static async Task<Dictionary<TopicPartition, long>> SizesAsync(this Cluster cluster, IReadOnlyCollection<TopicPartition> partitions, CancellationToken ct)
    {
        Dictionary<TopicPartition, long> sizes = [];
        BrokerConnection any = await cluster.AnyAsync(ct).ConfigureAwait(false);
        if (partitions.Count == 0 || any.VersionOf(ApiKey.DescribeLogDirs) < 0)
        {
            return sizes;
        }

        foreach (int node in await cluster.NodesAsync(ct).ConfigureAwait(false))
        {
            DescribeLogDirsResponse response = await cluster.LogDirsAsync(node, partitions, ct).ConfigureAwait(false);
            foreach (DescribeLogDirsResponseTopics topic in response.Results.SelectMany(static r => r.Topics))
            {
                foreach (DescribeLogDirsResponsePartitions p in topic.Partitions)
                {
                    TopicPartition key = new(topic.Name, p.PartitionIndex);
                    sizes[key] = Math.Max(sizes.GetValueOrDefault(key), p.PartitionSize);
                }
            }
        }

        return sizes;
    }

    /// <summary>The directories of one broker with the partitions that are asked for; null for all.</summary>
    public static async Task<DescribeLogDirsResponse> LogDirsAsync(
        this Cluster cluster, int node, IReadOnlyCollection<TopicPartition>? partitions, CancellationToken ct)
    {
        BrokerConnection connection = await cluster.NodeAsync(node, ct).ConfigureAwait(false);
        DescribeLogDirsResponse response = await connection.SendAsync(
            new DescribeLogDirsRequest
            {
                Topics = partitions?.GroupBy(static p => p.Topic)
                    .Select(static t => new DescribeLogDirsRequestTopics { Topic = t.Key, Partitions = [.. t.Select(static p => p.Partition)] }).ToArray(),
            },
            ct).ConfigureAwait(false);
        Offsets.Throw(response.ErrorCode, $"log directories of broker {node}");
        return response;
    }
}
