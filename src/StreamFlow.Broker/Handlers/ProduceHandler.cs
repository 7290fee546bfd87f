using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Appends record batches as they are. Everything is appended before the method first waits, because the batches lie in
/// the request's own buffer; what may still be pending is only their durability.
/// </summary>
internal sealed class ProduceHandler(
    TopicStore topics, RecordInstruments measured, ImplicitPartitions implicitPartitions)
{
    private const short NoAcks = 0;

    public ValueTask<IResponse?> HandleAsync(ProduceRequest request, RequestContext context)
    {
        if (context.Version < ImplicitPartitions.ProduceFrom || request.TransactionalId is null)
        {
            return AppendAsync(request, context, []);
        }

        List<(TransactionPartition, ProducerIdentity)> joining = FindJoining(request);
        if (joining.Count == 0)
        {
            return AppendAsync(request, context, []);
        }

        // The batches behind these must stay behind them, so the next request waits for this one's answer.
        context.Connection.IsExclusive = true;
        return JoinAndAppendAsync(WithOwnRecords(request), joining, context);
    }

    private async ValueTask<IResponse?> JoinAndAppendAsync(
        ProduceRequest request, List<(TransactionPartition, ProducerIdentity)> joining, RequestContext context) =>
        await AppendAsync(
            request,
            context,
            await implicitPartitions.JoinAsync(request.TransactionalId!, joining).ConfigureAwait(false))
            .ConfigureAwait(false);

    private List<(TransactionPartition, ProducerIdentity)> FindJoining(ProduceRequest request)
    {
        List<(TransactionPartition, ProducerIdentity)> joining = [];
        foreach (ProduceTopic topic in request.Topics)
        {
            Topic? found = topics.GetTopic(topic.Name);
            foreach (ProducePartition partition in topic.Partitions)
            {
                if (found is { IsInternal: false } && found.GetPartition(partition.Index) is PartitionLog log
                    && partition.Records is { } records
                    && ImplicitPartitions.Joins(records.Span, log, out ProducerIdentity producer))
                {
                    joining.Add((new TransactionPartition(topic.Name, partition.Index), producer));
                }
            }
        }

        return joining;
    }

    /// <summary>A copy of the batches, which lie in a frame that is used again during the first wait.</summary>
    private static ProduceRequest WithOwnRecords(ProduceRequest request) => request with
    {
        Topics = [.. request.Topics.Select(static topic => topic with
        {
            Partitions = [.. topic.Partitions.Select(static partition => partition with
            {
                Records = partition.Records?.ToArray(),
            })],
        })],
    };

    private ValueTask<IResponse?> AppendAsync(
        ProduceRequest request, RequestContext context, Dictionary<TransactionPartition, ErrorCode> refused)
    {
        bool pending = false;
        List<Appended> appended = [];
        ProduceTopicResult[] results = new ProduceTopicResult[request.Topics.Length];
        Round round = new(appended, new DecompressionBudget(), context.Version);
        ErrorCode refusal = request.Acks is < -1 or > 1 ? ErrorCode.InvalidRequiredAcks : ErrorCode.None;
        for (int i = 0; i < results.Length; i++)
        {
            ProduceTopic topic = request.Topics[i];
            ProducePartitionResult[] partitions = new ProducePartitionResult[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                int index = topic.Partitions[j].Index;
                ErrorCode error = refusal == ErrorCode.None
                    ? refused.GetValueOrDefault(new TransactionPartition(topic.Name, index))
                    : refusal;
                partitions[j] = error == ErrorCode.None
                    ? Append(topic.Name, topic.Partitions[j], partitions, j, round)
                    : Failed(index, error, null);
            }

            results[i] = new ProduceTopicResult(topic.Name, partitions);
        }

        foreach (Appended item in appended)
        {
            pending |= !item.Durable.IsCompletedSuccessfully;
        }

        ProduceResponse response = new(results);
        return pending
            ? FinishLaterAsync(request, response, appended, context)
            : new ValueTask<IResponse?>(Finish(request, response, appended, context));
    }

    private static async ValueTask<IResponse?> FinishLaterAsync(
        ProduceRequest request, ProduceResponse response, List<Appended> appended, RequestContext context)
    {
        foreach (Appended item in appended)
        {
            await item.Durable.ConfigureAwait(false);
        }

        return Finish(request, response, appended, context);
    }

    private static ProduceResponse? Finish(
        ProduceRequest request, ProduceResponse response, List<Appended> appended, RequestContext context)
    {
        foreach (Appended item in appended)
        {
            ErrorCode error = item.Durable.Result;
            if (error != ErrorCode.None)
            {
                int index = item.Results[item.Position].Index;
                item.Results[item.Position] = Failed(index, error, "The batch could not be flushed to the disk.");
            }
        }

        if (request.Acks != NoAcks)
        {
            return response;
        }

        CloseOnError(response, context.Connection);
        return null;
    }

    /// <summary>With acks=0 there is no answer; closing the connection is how such a producer learns of an error.</summary>
    private static void CloseOnError(ProduceResponse response, ConnectionContext connection)
    {
        foreach (ProduceTopicResult topic in response.Topics)
        {
            foreach (ProducePartitionResult partition in topic.Partitions)
            {
                if (partition.Error != ErrorCode.None)
                {
                    connection.Close($"acks=0 produce to {topic.Name}-{partition.Index} failed with {partition.Error}.");
                    return;
                }
            }
        }
    }

    private ProducePartitionResult Append(
        string topic, ProducePartition partition, ProducePartitionResult[] results, int position, Round round)
    {
        Topic? found = topics.GetTopic(topic);
        PartitionLog? log = found?.GetPartition(partition.Index);
        if (log is null)
        {
            return Failed(partition.Index, ErrorCode.UnknownTopicOrPartition, null);
        }

        if (found!.IsInternal)
        {
            return Failed(partition.Index, ErrorCode.InvalidTopic, $"{topic} is written by the broker only.");
        }

        if (partition.Records is not { Length: > 0 } records)
        {
            return Failed(partition.Index, ErrorCode.InvalidRecord, "There is no record batch.");
        }

        AppendResult result = log.Append(records.Span, AppendOrigin.Client, round.Budget);
        if (!result.IsSuccess)
        {
            return Refused(topic, partition.Index, result, round.Version);
        }

        if (!result.IsDuplicate)
        {
            measured.Produced(topic, result.EndOffset - result.BaseOffset, records.Length);
        }

        round.Appended.Add(new Appended(results, position, log.WaitDurableAsync(result.EndOffset).AsTask()));
        return new ProducePartitionResult(
            partition.Index, ErrorCode.None, result.BaseOffset, result.LogAppendTimeMs, result.LogStartOffset, null);
    }

    private static ProducePartitionResult Refused(string topic, int index, in AppendResult result, short version)
    {
        ErrorCode error = ImplicitPartitions.Translate(result.Error, version);
        ProducePartitionResult failed = Failed(index, error, result.Message) with { LogStartOffset = result.LogStartOffset };
        if (result.Rejected is not { } rejected)
        {
            return failed;
        }

        string partition = $"{topic}-{index}";
        return failed with
        {
            ErrorMessage = rejected.Summary(partition),
            RecordErrors =
            [
                .. rejected.Indexes.Select((x, at) => new ProduceRecordError(x, rejected.MessageAt(at, partition))),
            ],
        };
    }

    private static ProducePartitionResult Failed(int index, ErrorCode error, string? message) =>
        new(index, error, -1, -1, -1, message);

    /// <summary>What the appends of one request share.</summary>
    private sealed record Round(List<Appended> Appended, DecompressionBudget Budget, short Version);

    /// <summary>An append whose durability is still to be learnt, and where its result stands.</summary>
    private readonly record struct Appended(
        ProducePartitionResult[] Results, int Position, Task<ErrorCode> Durable);
}
