using StreamFlow.Cli.Client;
using StreamFlow.Cli.Client.Admin;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Records;

/// <summary>How records are sent.</summary>
internal sealed record ProducerOptions
{
    /// <summary>0, 1 or -1 for all.</summary>
    public short Acks { get; init; } = -1;

    public Codec Codec { get; init; } = Codec.None;

    /// <summary>Bytes of records at which a batch is sent.</summary>
    public int BatchBytes { get; init; } = 64 * 1024;
}

/// <summary>
/// Sends records to the partitions of one topic, in their order: a batch that is not confirmed is sent again until it is, and is numbered so
/// that the broker takes it once.
/// </summary>
internal sealed class RecordProducer(Cluster cluster, string topic, ProducerOptions options)
{
    private readonly Dictionary<int, BatchWriter> _open = [];
    private readonly Dictionary<int, int> _sequences = [];
    private Dictionary<TopicPartition, int> _leaders = [];
    private Dictionary<int, byte[]> _unconfirmed = [];
    private long _producerId = -1;
    private short _producerEpoch = -1;
    private int _sticky;

    /// <summary>Partitions of the topic.</summary>
    public int PartitionCount => _leaders.Count;

    /// <summary>Looks the topic up, which creates it where the broker does so, and gets a number for this producer.</summary>
    /// <exception cref="KafkaException">There is no such topic, or it may not be written.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        await cluster.RetryAsync(() => cluster.MetadataAsync([topic], ct, creates: true), ct).ConfigureAwait(false);
        _leaders = await cluster.LeadersAsync([topic], ct).ConfigureAwait(false);
        if (options.Acks != -1)
        {
            return;
        }

        (_producerId, _producerEpoch) = await cluster.RetryAsync(
            async () =>
            {
                BrokerConnection any = await cluster.AnyAsync(ct).ConfigureAwait(false);
                InitProducerIdResponse answer = await any.SendAsync(new InitProducerIdRequest { TransactionalId = null, TransactionTimeoutMs = 60_000 }, ct).ConfigureAwait(false);
                // Who may not number its records may still send them.
                return answer.ErrorCode == ErrorCode.ClusterAuthorizationFailed ? (-1L, (short)-1)
                    : answer.ErrorCode == ErrorCode.None ? (answer.ProducerId, answer.ProducerEpoch)
                    : throw new KafkaException(answer.ErrorCode, "a number for the producer");
            },
            ct).ConfigureAwait(false);
    }

    /// <summary>Puts a record into the batch of its partition.</summary>
    /// <returns>Whether a batch is full: <see cref="FlushAsync"/> is to be called.</returns>
    public bool Add(int? partition, long timestamp, byte[]? key, byte[]? value, ReadOnlySpan<byte> headers)
    {
        int target = TargetOf(partition, key);
        if (!_leaders.ContainsKey(new TopicPartition(topic, target)))
        {
            throw new KafkaException(ErrorCode.UnknownTopicOrPartition, $"partition {target} of topic '{topic}', which has {PartitionCount}");
        }

        if (!_open.TryGetValue(target, out BatchWriter? batch))
        {
            batch = _open[target] = new BatchWriter();
        }

        batch.Add(timestamp, key, value, headers);
        return batch.Size >= options.BatchBytes;
    }

    /// <summary>
    /// Whether a record may join the batch that is open: behind others, one that is large makes a batch that the broker refuses, though it
    /// takes each of them.
    /// </summary>
    /// <param name="partition">As for <see cref="Add"/>.</param>
    /// <param name="key">Its key.</param>
    /// <param name="bytes">Bytes of key, value and headers.</param>
    public bool HasRoomFor(int? partition, byte[]? key, long bytes) =>
        !_open.TryGetValue(TargetOf(partition, key), out BatchWriter? batch) || batch.Count == 0 || batch.Size + bytes <= options.BatchBytes;

    /// <summary>Takes what is there as batches that are to be sent; the next record begins another one.</summary>
    public Dictionary<int, byte[]> Take()
    {
        Dictionary<int, byte[]> batches = [];
        foreach ((int partition, BatchWriter open) in _open.Where(static o => o.Value.Count > 0))
        {
            int sequence = _producerId < 0 ? -1 : _sequences.GetValueOrDefault(partition);
            batches[partition] = open.Build(options.Codec, _producerId, _producerEpoch, sequence);
            _sequences[partition] = (int)((sequence + (long)open.Count) & int.MaxValue);
            open.Reset();
        }

        // Records without a key go to one partition after the other, a batch each.
        _sticky = PartitionCount == 0 ? 0 : (_sticky + 1) % PartitionCount;
        return batches;
    }

    /// <summary>Sends what is there and returns when the broker has it. What a cancelled one has not sent comes first with the next.</summary>
    /// <exception cref="KafkaException">A broker refuses a batch.</exception>
    public async Task FlushAsync(CancellationToken ct)
    {
        await SendAsync(_unconfirmed, ct).ConfigureAwait(false);
        _unconfirmed = Take();
        await SendAsync(_unconfirmed, ct).ConfigureAwait(false);
    }

    /// <summary>Sends batches until each is confirmed.</summary>
    public async Task SendAsync(Dictionary<int, byte[]> batches, CancellationToken ct)
    {
        if (batches.Count == 0)
        {
            return;
        }

        bool isFirst = true;
        await cluster.RetryAsync(
            async () =>
            {
                if (!isFirst)
                {
                    _leaders = await cluster.LeadersAsync([topic], ct).ConfigureAwait(false);
                }

                isFirst = false;
                var nodes = batches.Keys.GroupBy(partition => _leaders[new TopicPartition(topic, partition)]).ToList();
                await Task.WhenAll(nodes.Select(node => SendToAsync(node.Key, [.. node], batches, ct))).ConfigureAwait(false);
                return true;
            },
            ct).ConfigureAwait(false);
    }

    private int TargetOf(int? partition, byte[]? key) => partition ?? (key is null ? _sticky : Murmur2.PartitionOf(key, PartitionCount));

    private async Task SendToAsync(int node, List<int> partitions, Dictionary<int, byte[]> batches, CancellationToken ct)
    {
        BrokerConnection connection = await cluster.NodeAsync(node, ct).ConfigureAwait(false);
        ProduceRequest request = new()
        {
            Acks = options.Acks,
            TimeoutMs = (int)cluster.Settings.RequestTimeout.TotalMilliseconds,
            TopicData = [new() { Name = topic, PartitionData = [.. partitions.Select(p => new ProduceRequestPartitionData { Index = p, Records = WireRecords.Of(batches[p]) })] }],
        };
        if (options.Acks == 0)
        {
            await connection.SendOnlyAsync(request, ct).ConfigureAwait(false);
            partitions.ForEach(p => Confirm(batches, p));
            return;
        }

        ProduceResponse response = await connection.SendAsync(request, ct).ConfigureAwait(false);
        KafkaException? refused = null;
        foreach (ProduceResponsePartitionResponses p in response.Responses.SelectMany(static t => t.PartitionResponses))
        {
            if (p.ErrorCode is ErrorCode.None or ErrorCode.DuplicateSequenceNumber)
            {
                Confirm(batches, p.Index);
                continue;
            }

            string? message = p.RecordErrors is [{ BatchIndexErrorMessage: { } first }, ..] ? first : p.ErrorMessage;
            KafkaException one = new(p.ErrorCode, $"records for partition {p.Index} of topic '{topic}'", message);
            refused = refused is null || Kafka.IsTransient(refused.Error) ? one : refused;
        }

        if (refused is not null)
        {
            throw refused;
        }
    }

    private static void Confirm(Dictionary<int, byte[]> batches, int partition)
    {
        lock (batches)
        {
            batches.Remove(partition);
        }
    }
}
