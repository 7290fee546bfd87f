using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Transactions, as producers run them and administrators see them.</summary>
internal sealed class TransactionHandler(TransactionCoordinator transactions, TopicStore topics, TimeProvider time)
{
    /// <summary>First version whose clients know PRODUCER_FENCED.</summary>
    private const short FencedFrom = 2;

    /// <summary>Says INVALID_PRODUCER_EPOCH instead of PRODUCER_FENCED to clients that do not know the latter.</summary>
    public static ErrorCode Downgrade(ErrorCode error, short version, short fencedFrom) =>
        error == ErrorCode.ProducerFenced && version < fencedFrom ? ErrorCode.InvalidProducerEpoch : error;

    public async ValueTask<IResponse?> AddPartitionsAsync(AddPartitionsToTxnRequest request, short version)
    {
        TransactionPartition[] partitions = [.. request.V3AndBelowTopics.SelectMany(static topic =>
            topic.Partitions.Select(partition => new TransactionPartition(topic.Name, partition)))];
        ErrorCode[] errors = await transactions.AddPartitionsAsync(
            request.V3AndBelowTransactionalId,
            new ProducerIdentity(request.V3AndBelowProducerId, request.V3AndBelowProducerEpoch),
            partitions).ConfigureAwait(false);
        int at = 0;
        return new AddPartitionsToTxnResponse
        {
            ResultsByTopicV3AndBelow =
            [
                .. request.V3AndBelowTopics.Select(topic => new AddPartitionsToTxnResponseTopicResult
                {
                    Name = topic.Name,
                    ResultsByPartition =
                    [
                        .. topic.Partitions.Select(partition => new AddPartitionsToTxnResponsePartitionResult
                        {
                            PartitionIndex = partition,
                            PartitionErrorCode = Downgrade(errors[at++], version, FencedFrom),
                        }),
                    ],
                }),
            ],
        };
    }

    public async ValueTask<IResponse?> AddOffsetsAsync(AddOffsetsToTxnRequest request, short version)
    {
        ErrorCode error = await transactions.AddOffsetsAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.GroupId)
            .ConfigureAwait(false);
        return new AddOffsetsToTxnResponse { ErrorCode = Downgrade(error, version, FencedFrom) };
    }

    public async ValueTask<IResponse?> EndAsync(EndTxnRequest request, short version)
    {
        TransactionReply reply = await transactions.EndAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.Committed)
            .ConfigureAwait(false);
        return new EndTxnResponse { ErrorCode = Downgrade(reply.Error, version, FencedFrom) };
    }

    public async ValueTask<IResponse?> CommitOffsetsAsync(TxnOffsetCommitRequest request)
    {
        ErrorCode[] errors = await transactions.CommitOffsetsAsync(
            request.TransactionalId,
            new ProducerIdentity(request.ProducerId, request.ProducerEpoch),
            new CommitCommand
            {
                GroupId = request.GroupId,
                GenerationId = request.GenerationId,
                MemberId = request.MemberId,
                InstanceId = request.GroupInstanceId,
                Offsets = Flatten(request.Topics),
            }).ConfigureAwait(false);
        int at = 0;
        return new TxnOffsetCommitResponse
        {
            Topics =
            [
                .. request.Topics.Select(topic => new TxnOffsetCommitResponseTopics
                {
                    Name = topic.Name,
                    Partitions =
                    [
                        .. topic.Partitions.Select(partition => new TxnOffsetCommitResponsePartitions
                        {
                            PartitionIndex = partition.PartitionIndex,
                            ErrorCode = Downgrade(errors[at++], version: 0, FencedFrom),
                        }),
                    ],
                }),
            ],
        };
    }

    public ListTransactionsResponse List(ListTransactionsRequest request)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        string[] known = [.. request.StateFilters.Where(static x => Enum.TryParse<TransactionState>(x, out _))];
        bool isEmptyFilter = request.StateFilters.Length == 0;
        return new ListTransactionsResponse
        {
            UnknownStateFilters = [.. request.StateFilters.Except(known)],
            TransactionStates =
            [
                .. transactions.List()
                    .Where(x => isEmptyFilter || known.Contains(x.Value.State.ToString(), StringComparer.Ordinal))
                    .Where(x => request.ProducerIdFilters.Length == 0
                        || request.ProducerIdFilters.Contains(x.Value.Producer.ProducerId))
                    .Where(x => request.DurationFilter < 0
                        || (x.Value.StartMs >= 0 && nowMs - x.Value.StartMs > request.DurationFilter))
                    .Select(static x => new ListTransactionsResponseTransactionStates
                    {
                        TransactionalId = x.Key,
                        ProducerId = x.Value.Producer.ProducerId,
                        TransactionState = x.Value.State.ToString(),
                    }),
            ],
        };
    }

    public DescribeTransactionsResponse Describe(DescribeTransactionsRequest request) =>
        new() { TransactionStates = [.. request.TransactionalIds.Select(Describe)] };

    public DescribeProducersResponse DescribeProducers(DescribeProducersRequest request) => new()
    {
        Topics =
        [
            .. request.Topics.Select(topic => new DescribeProducersResponseTopics
            {
                Name = topic.Name,
                Partitions =
                [
                    .. topic.PartitionIndexes.Select(partition =>
                        DescribeProducers(partition, topics.GetPartition(topic.Name, partition))),
                ],
            }),
        ],
    };

    private static List<OffsetToCommit> Flatten(TxnOffsetCommitRequestTopics[] topics)
    {
        List<OffsetToCommit> offsets = [];
        foreach (TxnOffsetCommitRequestTopics topic in topics)
        {
            foreach (TxnOffsetCommitRequestPartitions partition in topic.Partitions)
            {
                offsets.Add(new OffsetToCommit(
                    new OffsetKey(topic.Name, partition.PartitionIndex),
                    partition.CommittedOffset,
                    partition.CommittedLeaderEpoch,
                    partition.CommittedMetadata));
            }
        }

        return offsets;
    }

    private static DescribeProducersResponsePartitions DescribeProducers(int index, PartitionLog? log) => new()
    {
        PartitionIndex = index,
        ErrorCode = log is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None,
        ActiveProducers = log is null ? [] :
        [
            .. log.DescribeProducers().Select(static x => new DescribeProducersResponseActiveProducers
            {
                ProducerId = x.ProducerId,
                ProducerEpoch = x.ProducerEpoch,
                LastSequence = x.LastSequence,
                LastTimestamp = x.LastTimestamp,
                CoordinatorEpoch = x.CoordinatorEpoch,
                CurrentTxnStartOffset = x.OpenTransactionFirstOffset,
            }),
        ],
    };

    private DescribeTransactionsResponseTransactionStates Describe(string transactionalId)
    {
        TransactionSnapshot? found = transactions.Describe(transactionalId);
        return found is null
            ? new DescribeTransactionsResponseTransactionStates
            {
                ErrorCode = ErrorCode.TransactionalIdNotFound,
                TransactionalId = transactionalId,
                TransactionStartTimeMs = -1,
                ProducerId = -1,
                ProducerEpoch = -1,
            }
            : new DescribeTransactionsResponseTransactionStates
            {
                TransactionalId = transactionalId,
                TransactionState = found.State.ToString(),
                TransactionTimeoutMs = found.TimeoutMs,
                TransactionStartTimeMs = found.StartMs,
                ProducerId = found.Producer.ProducerId,
                ProducerEpoch = found.Producer.Epoch,
                Topics =
                [
                    .. found.Partitions.GroupBy(static x => x.Topic, static x => x.Partition).Select(static x =>
                        new DescribeTransactionsResponseTopics { Topic = x.Key, Partitions = [.. x] }),
                ],
            };
    }
}
