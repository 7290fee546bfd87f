using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Records;

/// <summary>Reads partitions from where they are set to, all leaders at once.</summary>
internal sealed class RecordFetcher(Cluster cluster, bool isCommitted)
{
    /// <summary>How long a broker waits for records before it answers that there are none.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(500);

    private const int FetchBytes = 8 * 1024 * 1024;
    private const int PartitionBytes = 1024 * 1024;

    private Dictionary<TopicPartition, int> _leaders = [];

    /// <summary>Where each partition is read next.</summary>
    public Dictionary<TopicPartition, long> Positions { get; } = [];

    /// <summary>The end of each partition, as of the last answer.</summary>
    public Dictionary<TopicPartition, long> Ends { get; } = [];

    /// <summary>Asks once for what comes next.</summary>
    /// <returns>Records of all partitions, each partition's in its order; none when there were none for a moment.</returns>
    /// <exception cref="KafkaException">A partition cannot be read.</exception>
    public async Task<List<FetchedRecord>> FetchAsync(CancellationToken ct) => await cluster.RetryAsync(
        async () =>
        {
            if (Positions.Keys.Any(p => !_leaders.ContainsKey(p)))
            {
                _leaders = await cluster.LeadersAsync([.. Positions.Keys.Select(static p => p.Topic).Distinct()], ct).ConfigureAwait(false);
            }

            var nodes = Positions.Keys.GroupBy(p => _leaders.TryGetValue(p, out int leader)
                ? leader
                : throw new KafkaException(ErrorCode.UnknownTopicOrPartition, $"partition {p.Partition} of topic '{p.Topic}'")).ToList();
            FetchResponse[] responses = await Task.WhenAll(nodes.Select(node => FetchAsync(node.Key, [.. node], ct))).ConfigureAwait(false);
            List<FetchedRecord> records = [];
            Dictionary<TopicPartition, long> next = [];
            foreach (FetchResponse response in responses)
            {
                Collect(response, records, next);
            }

            // Only now: had one partition failed, what came of the others would be asked for again.
            foreach ((TopicPartition partition, long offset) in next)
            {
                Positions[partition] = offset;
            }

            return records;
        },
        ct).ConfigureAwait(false);

    private async Task<FetchResponse> FetchAsync(int node, List<TopicPartition> partitions, CancellationToken ct)
    {
        BrokerConnection connection = await cluster.NodeAsync(node, ct).ConfigureAwait(false);
        FetchResponse response = await connection.SendAsync(
            new FetchRequest
            {
                MaxWaitMs = (int)Wait.TotalMilliseconds,
                MinBytes = 1,
                MaxBytes = FetchBytes,
                IsolationLevel = isCommitted ? (sbyte)1 : (sbyte)0,
                SessionEpoch = -1,
                Topics =
                [
                    .. partitions.GroupBy(static p => p.Topic).Select(topic => new FetchRequestTopics
                    {
                        Topic = topic.Key,
                        Partitions = [.. topic.Select(p => new FetchRequestPartitions { Partition = p.Partition, FetchOffset = Positions[p], PartitionMaxBytes = PartitionBytes })],
                    }),
                ],
            },
            ct, Wait).ConfigureAwait(false);
        Offsets.Throw(response.ErrorCode, $"a fetch from broker {node}");
        return response;
    }

    private void Collect(FetchResponse response, List<FetchedRecord> records, Dictionary<TopicPartition, long> next)
    {
        foreach ((string topic, FetchResponsePartitions part) in response.Responses.SelectMany(static t => t.Partitions.Select(p => (t.Topic, p))))
        {
            TopicPartition partition = new(topic, part.PartitionIndex);
            if (part.ErrorCode != ErrorCode.None)
            {
                _leaders.Clear();
                throw new KafkaException(part.ErrorCode, $"offset {Positions[partition]} of {partition}");
            }

            Ends[partition] = isCommitted ? part.LastStableOffset : part.HighWatermark;
            if (!part.Records.IsNull)
            {
                next[partition] = BatchReader.Read(partition, part.Records.Memory.Span, isCommitted ? part.AbortedTransactions : null, Positions[partition], records);
            }
        }
    }
}
