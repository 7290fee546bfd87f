using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Transactions;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Transactions, as producers run them. A client shows by the versions of its requests which protocol it speaks.</summary>
internal sealed class TransactionHandler(TransactionCoordinator transactions)
{
    /// <summary>First version whose clients know PRODUCER_FENCED.</summary>
    private const short FencedFrom = 2;

    /// <summary>First version of AddPartitionsToTxn with many transactions in one request.</summary>
    private const short BatchedFrom = 4;

    /// <summary>First version of TxnOffsetCommit whose clients know TRANSACTION_ABORTABLE.</summary>
    private const short AbortableFrom = 4;

    /// <summary>First version of TxnOffsetCommit and of EndTxn that belongs to version 2 of transactions.</summary>
    private const short Version2From = 5;

    /// <summary>Says INVALID_PRODUCER_EPOCH instead of PRODUCER_FENCED to clients that do not know the latter.</summary>
    public static ErrorCode Downgrade(ErrorCode error, short version, short fencedFrom) =>
        error == ErrorCode.ProducerFenced && version < fencedFrom ? ErrorCode.InvalidProducerEpoch : error;

    public async ValueTask<IResponse?> AddPartitionsAsync(AddPartitionsToTxnRequest request, RequestContext context)
    {
        if (context.Version < BatchedFrom)
        {
            return new AddPartitionsToTxnResponse
            {
                ResultsByTopicV3AndBelow = await AddAsync(
                    request.V3AndBelowTransactionalId,
                    new ProducerIdentity(request.V3AndBelowProducerId, request.V3AndBelowProducerEpoch),
                    request.V3AndBelowTopics,
                    context).ConfigureAwait(false),
            };
        }

        if (!context.MayCluster(AclOperation.ClusterAction))
        {
            return new AddPartitionsToTxnResponse { ErrorCode = ErrorCode.ClusterAuthorizationFailed };
        }

        var results = new AddPartitionsToTxnResponseResultsByTransaction[request.Transactions.Length];
        for (int i = 0; i < results.Length; i++)
        {
            AddPartitionsToTxnRequestTransactions asked = request.Transactions[i];
            ProducerIdentity producer = new(asked.ProducerId, asked.ProducerEpoch);
            results[i] = new AddPartitionsToTxnResponseResultsByTransaction
            {
                TransactionalId = asked.TransactionalId,
                TopicResults = asked.VerifyOnly
                    ? Results(asked.Topics, context.Version, transactions.VerifyPartitions(
                        asked.TransactionalId, producer, Flatten(asked.Topics)))
                    : await AddAsync(asked.TransactionalId, producer, asked.Topics, context).ConfigureAwait(false),
            };
        }

        return new AddPartitionsToTxnResponse { ResultsByTransaction = results };
    }

    public async ValueTask<IResponse?> AddOffsetsAsync(AddOffsetsToTxnRequest request, RequestContext context)
    {
        ErrorCode refusal = Refuse(request.TransactionalId, request.GroupId, context);
        if (refusal != ErrorCode.None)
        {
            return new AddOffsetsToTxnResponse { ErrorCode = refusal };
        }

        ErrorCode error = await transactions.AddOffsetsAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.GroupId)
            .ConfigureAwait(false);
        return new AddOffsetsToTxnResponse { ErrorCode = Downgrade(error, context.Version, FencedFrom) };
    }

    public async ValueTask<IResponse?> EndAsync(EndTxnRequest request, RequestContext context)
    {
        if (!context.MayTransact(AclOperation.Write, request.TransactionalId))
        {
            return new EndTxnResponse { ErrorCode = ErrorCode.TransactionalIdAuthorizationFailed };
        }

        TransactionReply reply = await transactions.EndAsync(
            request.TransactionalId,
            new ProducerIdentity(request.ProducerId, request.ProducerEpoch),
            request.Committed,
            context.Version >= Version2From ? TransactionVersion.V2 : TransactionVersion.V0).ConfigureAwait(false);
        return new EndTxnResponse
        {
            ErrorCode = Downgrade(reply.Error, context.Version, FencedFrom),
            ProducerId = reply.Producer.ProducerId,
            ProducerEpoch = reply.Producer.Epoch,
        };
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
            Command(request, mine),
            context.Version >= Version2From ? TransactionVersion.V2 : TransactionVersion.V0).ConfigureAwait(false);
        int at = 0;
        return new TxnOffsetCommitResponse
        {
            Topics =
            [
                .. mine.Select(topic => Answer(topic, () => OfOffsets(errors[at++], context.Version))),
                .. allowed[false].Select(topic => Answer(topic, () => refused)),
            ],
        };
    }

    private static CommitCommand Command(TxnOffsetCommitRequest request, TxnOffsetCommitRequestTopics[] topics) => new()
    {
        GroupId = request.GroupId,
        GenerationId = request.GenerationId,
        MemberId = request.MemberId,
        InstanceId = request.GroupInstanceId,
        Offsets = [.. topics.SelectMany(static topic => topic.Partitions.Select(
            partition => new OffsetToCommit(
                new OffsetKey(topic.Name, partition.PartitionIndex),
                partition.CommittedOffset,
                partition.CommittedLeaderEpoch,
                partition.CommittedMetadata)))],
    };

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
    private static ErrorCode[]? RefuseAdding(
        string transactionalId, AddPartitionsToTxnRequestTopic[] topics, RequestContext context)
    {
        if (context.IsOpen)
        {
            return null;
        }

        bool mine = context.MayTransact(AclOperation.Write, transactionalId);
        HashSet<string> allowed = [.. topics.Select(static x => x.Name)
            .Where(topic => mine && context.MayTopic(AclOperation.Write, topic))];
        return mine && topics.All(topic => allowed.Contains(topic.Name))
            ? null
            :
            [
                .. topics.SelectMany(topic => topic.Partitions.Select(_ => !mine ? ErrorCode.TransactionalIdAuthorizationFailed
                    : allowed.Contains(topic.Name) ? ErrorCode.OperationNotAttempted
                    : ErrorCode.TopicAuthorizationFailed)),
            ];
    }

    private static ErrorCode OfOffsets(ErrorCode error, short version) => error switch
    {
        ErrorCode.ProducerFenced => ErrorCode.InvalidProducerEpoch,
        ErrorCode.InvalidTxnState when version >= AbortableFrom => ErrorCode.TransactionAbortable,
        _ => error,
    };

    private static TransactionPartition[] Flatten(AddPartitionsToTxnRequestTopic[] topics) =>
        [.. topics.SelectMany(static topic =>
            topic.Partitions.Select(partition => new TransactionPartition(topic.Name, partition)))];

    private static AddPartitionsToTxnResponseTopicResult[] Results(
        AddPartitionsToTxnRequestTopic[] topics, short version, ErrorCode[] errors)
    {
        int at = 0;
        return [.. topics.Select(topic => new AddPartitionsToTxnResponseTopicResult
        {
            Name = topic.Name,
            ResultsByPartition = [.. topic.Partitions.Select(partition => new AddPartitionsToTxnResponsePartitionResult
            {
                PartitionIndex = partition,
                PartitionErrorCode = Downgrade(errors[at++], version, FencedFrom),
            })],
        })];
    }

    private async ValueTask<AddPartitionsToTxnResponseTopicResult[]> AddAsync(
        string transactionalId, ProducerIdentity producer, AddPartitionsToTxnRequestTopic[] topics, RequestContext context) =>
        Results(topics, context.Version, RefuseAdding(transactionalId, topics, context) ?? await transactions.AddPartitionsAsync(
            transactionalId,
            producer,
            Flatten(topics),
            context.Version >= BatchedFrom ? TransactionVersion.V2 : TransactionVersion.V0).ConfigureAwait(false));
}
