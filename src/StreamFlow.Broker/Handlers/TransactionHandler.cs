using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;

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
        if (RefuseAdding(request, context) is { } refused)
        {
            return new AddPartitionsToTxnResponse(refused);
        }

        TransactionPartition[] partitions = [.. request.Topics.SelectMany(static topic =>
            topic.Partitions.Select(partition => new TransactionPartition(topic.Name, partition)))];
        ErrorCode[] errors = await transactions.AddPartitionsAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), partitions)
            .ConfigureAwait(false);
        int at = 0;
        return new AddPartitionsToTxnResponse([.. request.Topics.Select(topic => new TopicErrors(
            topic.Name,
            [.. topic.Partitions.Select(partition =>
                new PartitionError(partition, Downgrade(errors[at++], context.Version, FencedFrom)))]))]);
    }

    public async ValueTask<IResponse?> AddOffsetsAsync(AddOffsetsToTxnRequest request, RequestContext context)
    {
        ErrorCode refusal = Refuse(request.TransactionalId, request.GroupId, context);
        if (refusal != ErrorCode.None)
        {
            return new TxnErrorResponse(refusal);
        }

        ErrorCode error = await transactions.AddOffsetsAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.GroupId)
            .ConfigureAwait(false);
        return new TxnErrorResponse(Downgrade(error, context.Version, FencedFrom));
    }

    public async ValueTask<IResponse?> EndAsync(EndTxnRequest request, RequestContext context)
    {
        if (!context.MayTransact(AclOperation.Write, request.TransactionalId))
        {
            return new TxnErrorResponse(ErrorCode.TransactionalIdAuthorizationFailed);
        }

        TransactionReply reply = await transactions.EndAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.Committed)
            .ConfigureAwait(false);
        return new TxnErrorResponse(Downgrade(reply.Error, context.Version, FencedFrom));
    }

    public async ValueTask<IResponse?> CommitOffsetsAsync(TxnOffsetCommitRequest request, RequestContext context)
    {
        ErrorCode refusal = Refuse(request.TransactionalId, request.GroupId, context);
        ILookup<bool, OffsetCommitTopic> allowed = request.Topics.ToLookup(
            topic => refusal == ErrorCode.None && context.MayTopic(AclOperation.Read, topic.Name));
        ErrorCode error = refusal == ErrorCode.None ? ErrorCode.TopicAuthorizationFailed : refusal;
        IEnumerable<TopicErrors> refused = allowed[false].Select(topic => new TopicErrors(
            topic.Name, [.. topic.Partitions.Select(partition => new PartitionError(partition.Index, error))]));
        OffsetCommitTopic[] topics = [.. allowed[true]];
        if (topics.Length == 0 && request.Topics.Length > 0)
        {
            return new TxnOffsetCommitResponse([.. refused]);
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
                Offsets = OffsetsHandler.Flatten(topics),
            }).ConfigureAwait(false);
        int at = 0;
        return new TxnOffsetCommitResponse(
        [
            .. topics.Select(topic => new TopicErrors(
                topic.Name,
                [.. topic.Partitions.Select(partition => new PartitionError(
                    partition.Index, Downgrade(errors[at++], version: 0, FencedFrom)))])),
            .. refused,
        ]);
    }

    /// <summary>Whether offsets of a group may be committed in a transaction.</summary>
    private static ErrorCode Refuse(string transactionalId, string group, RequestContext context) =>
        !context.MayTransact(AclOperation.Write, transactionalId) ? ErrorCode.TransactionalIdAuthorizationFailed
        : !context.MayGroup(AclOperation.Read, group) ? ErrorCode.GroupAuthorizationFailed
        : ErrorCode.None;

    /// <summary>One partition that may not be written to keeps the others out as well; null if there is none.</summary>
    private static TopicErrors[]? RefuseAdding(AddPartitionsToTxnRequest request, RequestContext context)
    {
        if (context.IsOpen)
        {
            return null;
        }

        bool mine = context.MayTransact(AclOperation.Write, request.TransactionalId);
        HashSet<string> allowed = [.. request.Topics.Select(static x => x.Name)
            .Where(topic => mine && context.MayTopic(AclOperation.Write, topic))];
        return mine && request.Topics.All(topic => allowed.Contains(topic.Name))
            ? null
            : [.. request.Topics.Select(topic => new TopicErrors(topic.Name, [.. topic.Partitions.Select(partition =>
                new PartitionError(partition, !mine ? ErrorCode.TransactionalIdAuthorizationFailed
                    : allowed.Contains(topic.Name) ? ErrorCode.OperationNotAttempted
                    : ErrorCode.TopicAuthorizationFailed))]))];
    }

    public ListTransactionsResponse List(ListTransactionsRequest request, RequestContext context)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        string[] known = [.. request.StateFilters.Where(static x => Enum.TryParse<TransactionState>(x, out _))];
        bool isEmptyFilter = request.StateFilters.Length == 0;
        return new ListTransactionsResponse(
            ErrorCode.None,
            [.. request.StateFilters.Except(known)],
            [.. transactions.List()
                .Where(x => context.MaySee(AclOperation.Describe, AclResourceType.TransactionalId, x.Key))
                .Where(x => isEmptyFilter || known.Contains(x.Value.State.ToString(), StringComparer.Ordinal))
                .Where(x => request.ProducerIdFilters.Length == 0
                    || request.ProducerIdFilters.Contains(x.Value.Producer.ProducerId))
                .Where(x => request.DurationMs < 0
                    || (x.Value.StartMs >= 0 && nowMs - x.Value.StartMs > request.DurationMs))
                .Select(static x => new ListedTransaction(x.Key, x.Value.Producer.ProducerId, x.Value.State.ToString()))]);
    }

    public DescribeTransactionsResponse Describe(DescribeTransactionsRequest request, RequestContext context) =>
        new([.. request.TransactionalIds.Select(id => context.MayTransact(AclOperation.Describe, id)
            ? HideTopics(Describe(id), context)
            : new DescribedTransaction
            {
                Error = ErrorCode.TransactionalIdAuthorizationFailed,
                TransactionalId = id,
            })]);

    public DescribeProducersResponse DescribeProducers(DescribeProducersRequest request, RequestContext context) =>
        new([.. request.Topics.Select(topic => (topic.Name, DescribeProducers(topic, context.MayTopic(AclOperation.Read, topic.Name))))]);

    private static DescribedTransaction HideTopics(DescribedTransaction transaction, RequestContext context) => transaction with
    {
        Topics = [.. transaction.Topics.Where(x => context.MaySee(AclOperation.Describe, AclResourceType.Topic, x.Name))],
    };

    private DescribedProducers[] DescribeProducers(TxnTopic topic, bool allowed) =>
        [.. topic.Partitions.Select(partition => allowed
            ? DescribeProducers(partition, topics.GetPartition(topic.Name, partition))
            : new DescribedProducers(partition, ErrorCode.TopicAuthorizationFailed, []))];

    private static DescribedProducers DescribeProducers(int index, PartitionLog? log) => log is null
        ? new DescribedProducers(index, ErrorCode.UnknownTopicOrPartition, [])
        : new DescribedProducers(index, ErrorCode.None, log.DescribeProducers());

    private DescribedTransaction Describe(string transactionalId)
    {
        TransactionSnapshot? found = transactions.Describe(transactionalId);
        return found is null
            ? new DescribedTransaction
            {
                Error = ErrorCode.TransactionalIdNotFound,
                TransactionalId = transactionalId,
            }
            : new DescribedTransaction
            {
                Error = ErrorCode.None,
                TransactionalId = transactionalId,
                State = found.State.ToString(),
                TimeoutMs = found.TimeoutMs,
                StartMs = found.StartMs,
                ProducerId = found.Producer.ProducerId,
                ProducerEpoch = found.Producer.Epoch,
                Topics = [.. found.Partitions.GroupBy(static x => x.Topic, static x => x.Partition)
                    .Select(static x => new TxnTopic(x.Key, [.. x]))],
            };
    }
}
