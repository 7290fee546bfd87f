using System.Text.RegularExpressions;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>Transactions as administrators see them, and end those that hang.</summary>
internal sealed class TransactionAdminHandler(TransactionCoordinator transactions, TopicStore topics, TimeProvider time)
{
    /// <summary>
    /// Lists transactional ids. Empty filters take everything, and so does a duration below 0; the pattern must match the
    /// whole id (KIP-1152).
    /// </summary>
    public ListTransactionsResponse List(ListTransactionsRequest request, RequestContext context)
    {
        if (!TryRead(request.TransactionalIdPattern, out Regex? pattern))
        {
            return new ListTransactionsResponse { ErrorCode = ErrorCode.InvalidRegularExpression };
        }

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
                    .Where(x => pattern?.IsMatch(x.Key) != false)
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
            .. request.TransactionalIds.Distinct().Select(id => context.MayTransact(AclOperation.Describe, id)
                ? HideTopics(Describe(id), context)
                : Unknown(id, ErrorCode.TransactionalIdAuthorizationFailed)),
        ],
    };

    public DescribeProducersResponse DescribeProducers(DescribeProducersRequest request, RequestContext context) => new()
    {
        Topics =
        [
            .. request.Topics.DistinctBy(static x => x.Name)
                .Select(topic => DescribeProducers(topic, context.MayTopic(AclOperation.Read, topic.Name))),
        ],
    };

    /// <summary>
    /// Writes markers that the coordinator did not ask for: what <c>kafka-transactions.sh abort</c> does to a transaction
    /// that hangs.
    /// </summary>
    public async ValueTask<IResponse?> WriteMarkersAsync(WriteTxnMarkersRequest request, RequestContext context)
    {
        bool allowed = context.MaySee(AclOperation.Alter, AclResourceType.Cluster, AclBinding.ClusterName)
            || context.MayCluster(AclOperation.ClusterAction);
        var results = new WriteTxnMarkersResponseMarkers[request.Markers.Length];
        for (int i = 0; i < results.Length; i++)
        {
            WriteTxnMarkersRequestMarkers asked = request.Markers[i];
            TransactionPartition[] partitions = [.. asked.Topics.SelectMany(static topic => topic.PartitionIndexes.Select(
                partition => new TransactionPartition(topic.Name, partition)))];
            ErrorCode[] errors = !allowed
                ? [.. partitions.Select(static _ => ErrorCode.ClusterAuthorizationFailed)]
                : await transactions.WriteForeignMarkerAsync(
                    new ForeignMarker(
                        new ProducerIdentity(asked.ProducerId, asked.ProducerEpoch),
                        asked.TransactionResult,
                        asked.CoordinatorEpoch,
                        (TransactionVersion)asked.TransactionVersion),
                    partitions).ConfigureAwait(false);
            results[i] = Answer(asked, errors);
        }

        return new WriteTxnMarkersResponse { Markers = results };
    }

    private static WriteTxnMarkersResponseMarkers Answer(WriteTxnMarkersRequestMarkers asked, ErrorCode[] errors)
    {
        int at = 0;
        return new WriteTxnMarkersResponseMarkers
        {
            ProducerId = asked.ProducerId,
            Topics = [.. asked.Topics.Select(topic => new WriteTxnMarkersResponseTopics
            {
                Name = topic.Name,
                Partitions = [.. topic.PartitionIndexes.Select(partition => new WriteTxnMarkersResponsePartitions
                {
                    PartitionIndex = partition,
                    ErrorCode = errors[at++],
                })],
            })],
        };
    }

    private static DescribeTransactionsResponseTransactionStates HideTopics(
        DescribeTransactionsResponseTransactionStates transaction, RequestContext context)
    {
        transaction.Topics =
            [.. transaction.Topics.Where(x => context.MaySee(AclOperation.Describe, AclResourceType.Topic, x.Topic))];
        return transaction;
    }

    private static DescribeTransactionsResponseTransactionStates Unknown(string transactionalId, ErrorCode error) => new()
    {
        ErrorCode = error,
        TransactionalId = transactionalId,
        TransactionStartTimeMs = -1,
        ProducerId = -1,
        ProducerEpoch = -1,
    };

    private DescribeProducersResponseTopics DescribeProducers(DescribeProducersRequestTopics topic, bool allowed) => new()
    {
        Name = topic.Name,
        Partitions =
        [
            .. topic.PartitionIndexes.Distinct().Select(partition => allowed
                ? DescribeProducers(partition, topics.GetPartition(topic.Name, partition))
                : new DescribeProducersResponsePartitions
                {
                    PartitionIndex = partition,
                    ErrorCode = ErrorCode.TopicAuthorizationFailed,
                    ErrorMessage = null,
                }),
        ],
    };

    /// <summary>Reads a pattern that cannot make the broker search for long; null and the empty one match everything.</summary>
    private static bool TryRead(string? text, out Regex? pattern)
    {
        pattern = null;
        try
        {
            pattern = string.IsNullOrEmpty(text)
                ? null
                : new Regex($@"\A(?:{text})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            // Not a pattern, or one with look-arounds or back-references, which Kafka's own engine does not know either.
            return false;
        }
    }

    private static DescribeProducersResponsePartitions DescribeProducers(int index, PartitionLog? log) => new()
    {
        PartitionIndex = index,
        ErrorCode = log is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None,
        ActiveProducers = log is null
            ? []
            : [.. log.DescribeProducers().Select(static x => new DescribeProducersResponseActiveProducers
            {
                ProducerId = x.ProducerId,
                ProducerEpoch = x.ProducerEpoch,
                LastSequence = x.LastSequence,
                LastTimestamp = x.LastTimestamp,
                CoordinatorEpoch = x.CoordinatorEpoch,
                CurrentTxnStartOffset = x.OpenTransactionFirstOffset,
            })],
    };

    private DescribeTransactionsResponseTransactionStates Describe(string transactionalId)
    {
        TransactionSnapshot? found = transactions.Describe(transactionalId);
        return found is null
            ? Unknown(transactionalId, ErrorCode.TransactionalIdNotFound)
            : new DescribeTransactionsResponseTransactionStates
            {
                TransactionalId = transactionalId,
                TransactionState = found.State.ToString(),
                TransactionTimeoutMs = found.TimeoutMs,
                TransactionStartTimeMs = found.StartMs,
                ProducerId = found.Producer.ProducerId,
                ProducerEpoch = found.Producer.Epoch,
                Topics = [.. found.Partitions.GroupBy(static x => x.Topic, static x => x.Partition)
                    .Select(static x => new DescribeTransactionsResponseTopics { Topic = x.Key, Partitions = [.. x] })],
            };
    }
}
