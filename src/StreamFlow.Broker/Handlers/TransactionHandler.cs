using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
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

    public async ValueTask<IResponse?> AddPartitionsAsync(AddPartitionsToTxnRequest request, RequestContext context)
    {
        short version = context.Version;
        if (RefuseAdding(request, context) is { } refused)
        {
            return new AddPartitionsToTxnResponse { ResultsByTopicV3AndBelow = refused };
        }

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

    public async ValueTask<IResponse?> AddOffsetsAsync(AddOffsetsToTxnRequest request, RequestContext context)
    {
        short version = context.Version;
        ErrorCode refusal = Refuse(request.TransactionalId, request.GroupId, context);
        if (refusal != ErrorCode.None)
        {
            return new AddOffsetsToTxnResponse { ErrorCode = refusal };
        }

        ErrorCode error = await transactions.AddOffsetsAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.GroupId)
            .ConfigureAwait(false);
        return new AddOffsetsToTxnResponse { ErrorCode = Downgrade(error, version, FencedFrom) };
    }

    public async ValueTask<IResponse?> EndAsync(EndTxnRequest request, RequestContext context)
    {
        short version = context.Version;
        if (!context.MayTransact(AclOperation.Write, request.TransactionalId))
        {
            return new EndTxnResponse { ErrorCode = ErrorCode.TransactionalIdAuthorizationFailed };
        }

        TransactionReply reply = await transactions.EndAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.Committed)
            .ConfigureAwait(false);
        return new EndTxnResponse { ErrorCode = Downgrade(reply.Error, version, FencedFrom) };
    }

    public async ValueTask<IResponse?> CommitOffsetsAsync(TxnOffsetCommitRequest request, RequestContext context)
    {
        ErrorCode refusal = Refuse(request.TransactionalId, request.GroupId, context);
        ILookup<bool, TxnOffsetCommitRequestTopics> allowed = request.Topics.ToLookup(
            topic => refusal == ErrorCode.None && context.MayTopic(AclOperation.Read, topic.Name));
        ErrorCode refused = refusal == ErrorCode.None ? ErrorCode.TopicAuthorizationFailed : refusal;
        TxnOffsetCommitRequestTopics[] mine = [.. allowed[true]];
        if (mine.Length == 0 && request.Topics.Length > 0)
        {
            return new TxnOffsetCommitResponse { Topics = [.. allowed[false].Select(topic => Answer(topic, () => refused))] };
        }

        ErrorCode[] errors = await transactions.CommitOffsetsAsync(
            request.TransactionalId,
            new ProducerIdentity(request.ProducerId, request.ProducerEpoch),
            new CommitCommand
            {
                GroupId = request.GroupId,
                GenerationId = request.GenerationId,
                MemberId = request.MemberId,
                InstanceId = request.GroupInstanceId,
                Offsets = Flatten(mine),
            }).ConfigureAwait(false);
        int at = 0;
        return new TxnOffsetCommitResponse
        {
            Topics =
            [
                .. mine.Select(topic => Answer(topic, () => Downgrade(errors[at++], version: 0, FencedFrom))),
                .. allowed[false].Select(topic => Answer(topic, () => refused)),
            ],
        };
    }

    private static TxnOffsetCommitResponseTopics Answer(TxnOffsetCommitRequestTopics topic, Func<ErrorCode> error) => new()
    {
        Name = topic.Name,
        Partitions =
        [
            .. topic.Partitions.Select(partition => new TxnOffsetCommitResponsePartitions
            {
                PartitionIndex = partition.PartitionIndex,
                ErrorCode = error(),
            }),
        ],
    };

    /// <summary>Whether offsets of a group may be committed in a transaction.</summary>
    private static ErrorCode Refuse(string transactionalId, string group, RequestContext context) =>
        !context.MayTransact(AclOperation.Write, transactionalId) ? ErrorCode.TransactionalIdAuthorizationFailed
        : !context.MayGroup(AclOperation.Read, group) ? ErrorCode.GroupAuthorizationFailed
        : ErrorCode.None;

    /// <summary>One partition that may not be written to keeps the others out as well; null if there is none.</summary>
    private static AddPartitionsToTxnResponseTopicResult[]? RefuseAdding(AddPartitionsToTxnRequest request, RequestContext context)
    {
        if (context.IsOpen)
        {
            return null;
        }

        bool mine = context.MayTransact(AclOperation.Write, request.V3AndBelowTransactionalId);
        HashSet<string> allowed = [.. request.V3AndBelowTopics.Select(static x => x.Name)
            .Where(topic => mine && context.MayTopic(AclOperation.Write, topic))];
        return mine && request.V3AndBelowTopics.All(topic => allowed.Contains(topic.Name))
            ? null
            :
            [
                .. request.V3AndBelowTopics.Select(topic => new AddPartitionsToTxnResponseTopicResult
                {
                    Name = topic.Name,
                    ResultsByPartition =
                    [
                        .. topic.Partitions.Select(partition => new AddPartitionsToTxnResponsePartitionResult
                        {
                            PartitionIndex = partition,
                            PartitionErrorCode = !mine ? ErrorCode.TransactionalIdAuthorizationFailed
                                : allowed.Contains(topic.Name) ? ErrorCode.OperationNotAttempted
                                : ErrorCode.TopicAuthorizationFailed,
                        }),
                    ],
                }),
            ];
    }

    public ListTransactionsResponse List(ListTransactionsRequest request, RequestContext context)
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
                    .Where(x => context.MaySee(AclOperation.Describe, AclResourceType.TransactionalId, x.Key))
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

    public DescribeTransactionsResponse Describe(DescribeTransactionsRequest request, RequestContext context) => new()
    {
        TransactionStates =
        [
            .. request.TransactionalIds.Select(id => context.MayTransact(AclOperation.Describe, id)
                ? HideTopics(Describe(id), context)
                : new DescribeTransactionsResponseTransactionStates
                {
                    ErrorCode = ErrorCode.TransactionalIdAuthorizationFailed,
                    TransactionalId = id,
                    TransactionStartTimeMs = -1,
                    ProducerId = -1,
                    ProducerEpoch = -1,
                }),
        ],
    };

    private static DescribeTransactionsResponseTransactionStates HideTopics(
        DescribeTransactionsResponseTransactionStates transaction, RequestContext context)
    {
        transaction.Topics =
            [.. transaction.Topics.Where(x => context.MaySee(AclOperation.Describe, AclResourceType.Topic, x.Topic))];
        return transaction;
    }

    public DescribeProducersResponse DescribeProducers(DescribeProducersRequest request, RequestContext context) => new()
    {
        Topics =
        [
            .. request.Topics.Select(topic => DescribeProducers(topic, context.MayTopic(AclOperation.Read, topic.Name))),
        ],
    };

    private DescribeProducersResponseTopics DescribeProducers(DescribeProducersRequestTopics topic, bool allowed) => new()
    {
        Name = topic.Name,
        Partitions =
        [
            .. topic.PartitionIndexes.Select(partition => allowed
                ? DescribeProducers(partition, topics.GetPartition(topic.Name, partition))
                : new DescribeProducersResponsePartitions
                {
                    PartitionIndex = partition,
                    ErrorCode = ErrorCode.TopicAuthorizationFailed,
                    ErrorMessage = null,
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
