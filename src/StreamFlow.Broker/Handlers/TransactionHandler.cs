using StreamFlow.Broker.Groups;
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

    public async ValueTask<IResponse?> AddPartitionsAsync(AddPartitionsToTxnRequest request, short version)
    {
        if (version < BatchedFrom)
        {
            return new AddPartitionsToTxnResponse
            {
                ResultsByTopicV3AndBelow = await AddAsync(
                    request.V3AndBelowTransactionalId,
                    new ProducerIdentity(request.V3AndBelowProducerId, request.V3AndBelowProducerEpoch),
                    request.V3AndBelowTopics,
                    version).ConfigureAwait(false),
            };
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
                    ? Results(asked.Topics, version, transactions.VerifyPartitions(
                        asked.TransactionalId, producer, Flatten(asked.Topics)))
                    : await AddAsync(asked.TransactionalId, producer, asked.Topics, version).ConfigureAwait(false),
            };
        }

        return new AddPartitionsToTxnResponse { ResultsByTransaction = results };
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
            request.TransactionalId,
            new ProducerIdentity(request.ProducerId, request.ProducerEpoch),
            request.Committed,
            version >= Version2From ? TransactionVersion.V2 : TransactionVersion.V0).ConfigureAwait(false);
        return new EndTxnResponse
        {
            ErrorCode = Downgrade(reply.Error, version, FencedFrom),
            ProducerId = reply.Producer.ProducerId,
            ProducerEpoch = reply.Producer.Epoch,
        };
    }

    public async ValueTask<IResponse?> CommitOffsetsAsync(TxnOffsetCommitRequest request, short version)
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
                Offsets = [.. request.Topics.SelectMany(static topic => topic.Partitions.Select(
                    partition => new OffsetToCommit(
                        new OffsetKey(topic.Name, partition.PartitionIndex),
                        partition.CommittedOffset,
                        partition.CommittedLeaderEpoch,
                        partition.CommittedMetadata)))],
            },
            version >= Version2From ? TransactionVersion.V2 : TransactionVersion.V0).ConfigureAwait(false);
        int at = 0;
        return new TxnOffsetCommitResponse
        {
            Topics = [.. request.Topics.Select(topic => new TxnOffsetCommitResponseTopics
            {
                Name = topic.Name,
                Partitions = [.. topic.Partitions.Select(partition => new TxnOffsetCommitResponsePartitions
                {
                    PartitionIndex = partition.PartitionIndex,
                    ErrorCode = OfOffsets(errors[at++], version),
                })],
            })],
        };
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
        string transactionalId, ProducerIdentity producer, AddPartitionsToTxnRequestTopic[] topics, short version) =>
        Results(topics, version, await transactions.AddPartitionsAsync(
            transactionalId,
            producer,
            Flatten(topics),
            version >= BatchedFrom ? TransactionVersion.V2 : TransactionVersion.V0).ConfigureAwait(false));
}
