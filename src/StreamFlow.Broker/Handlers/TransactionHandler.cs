using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
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

    public async ValueTask<IResponse?> AddPartitionsAsync(AddPartitionsToTxnRequest request, short version)
    {
        TransactionPartition[] partitions = [.. request.Topics.SelectMany(static topic =>
            topic.Partitions.Select(partition => new TransactionPartition(topic.Name, partition)))];
        ErrorCode[] errors = await transactions.AddPartitionsAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), partitions)
            .ConfigureAwait(false);
        int at = 0;
        return new AddPartitionsToTxnResponse([.. request.Topics.Select(topic => new TopicErrors(
            topic.Name,
            [.. topic.Partitions.Select(partition =>
                new PartitionError(partition, Downgrade(errors[at++], version, FencedFrom)))]))]);
    }

    public async ValueTask<IResponse?> AddOffsetsAsync(AddOffsetsToTxnRequest request, short version)
    {
        ErrorCode error = await transactions.AddOffsetsAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.GroupId)
            .ConfigureAwait(false);
        return new TxnErrorResponse(Downgrade(error, version, FencedFrom));
    }

    public async ValueTask<IResponse?> EndAsync(EndTxnRequest request, short version)
    {
        TransactionReply reply = await transactions.EndAsync(
            request.TransactionalId, new ProducerIdentity(request.ProducerId, request.ProducerEpoch), request.Committed)
            .ConfigureAwait(false);
        return new TxnErrorResponse(Downgrade(reply.Error, version, FencedFrom));
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
                Offsets = OffsetsHandler.Flatten(request.Topics),
            }).ConfigureAwait(false);
        int at = 0;
        return new TxnOffsetCommitResponse([.. request.Topics.Select(topic => new TopicErrors(
            topic.Name,
            [.. topic.Partitions.Select(partition => new PartitionError(
                partition.Index, Downgrade(errors[at++], version: 0, FencedFrom)))]))]);
    }

    public ListTransactionsResponse List(ListTransactionsRequest request)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        string[] known = [.. request.StateFilters.Where(static x => Enum.TryParse<TransactionState>(x, out _))];
        bool isEmptyFilter = request.StateFilters.Length == 0;
        return new ListTransactionsResponse(
            ErrorCode.None,
            [.. request.StateFilters.Except(known)],
            [.. transactions.List()
                .Where(x => isEmptyFilter || known.Contains(x.Value.State.ToString(), StringComparer.Ordinal))
                .Where(x => request.ProducerIdFilters.Length == 0
                    || request.ProducerIdFilters.Contains(x.Value.Producer.ProducerId))
                .Where(x => request.DurationMs < 0
                    || (x.Value.StartMs >= 0 && nowMs - x.Value.StartMs > request.DurationMs))
                .Select(static x => new ListedTransaction(x.Key, x.Value.Producer.ProducerId, x.Value.State.ToString()))]);
    }

    public DescribeTransactionsResponse Describe(DescribeTransactionsRequest request) =>
        new([.. request.TransactionalIds.Select(Describe)]);

    public DescribeProducersResponse DescribeProducers(DescribeProducersRequest request) =>
        new([.. request.Topics.Select(topic => (topic.Name, topic.Partitions
            .Select(partition => DescribeProducers(partition, topics.GetPartition(topic.Name, partition)))
            .ToArray()))]);

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
