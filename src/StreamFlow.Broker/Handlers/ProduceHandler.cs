using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Security;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;
using StreamFlow.Protocol.Messages;

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
        if (context.Version >= ProduceRights.TopicIdsFrom)
        {
            FindNames(request);
        }

        ErrorCode refusal = request.Acks is < -1 or > 1 ? ErrorCode.InvalidRequiredAcks : ProduceRights.OfTransaction(request, context);
        if (context.Version < ImplicitPartitions.ProduceFrom || request.TransactionalId is null || refusal != ErrorCode.None)
        {
            return AppendAsync(request, context, [], refusal);
        }

        List<(TransactionPartition, ProducerIdentity)> joining = FindJoining(request, context);
        if (joining.Count == 0)
        {
            return AppendAsync(request, context, [], refusal);
        }

        // The batches behind these must stay behind them, so the next request waits for this one's answer.
        context.Connection.IsExclusive = true;
        return JoinAndAppendAsync(WithOwnRecords(request), joining, context);
    }

    /// <summary>Topics that are named by an id that none has keep an empty name, which none has either.</summary>
    private void FindNames(ProduceRequest request)
    {
        foreach (ref ProduceRequestTopicData topic in request.TopicData.AsSpan())
        {
            topic.Name = topics.GetTopic(topic.TopicId)?.Name ?? "";
        }
    }

    private async ValueTask<IResponse?> JoinAndAppendAsync(
        ProduceRequest request, List<(TransactionPartition, ProducerIdentity)> joining, RequestContext context) =>
        await AppendAsync(
            request,
            context,
            await implicitPartitions.JoinAsync(request.TransactionalId!, joining).ConfigureAwait(false),
            ErrorCode.None)
            .ConfigureAwait(false);

    private List<(TransactionPartition, ProducerIdentity)> FindJoining(ProduceRequest request, RequestContext context)
    {
        List<(TransactionPartition, ProducerIdentity)> joining = [];
        foreach (ProduceRequestTopicData topic in request.TopicData)
        {
            Topic? found = context.MaySee(AclOperation.Write, AclResourceType.Topic, topic.Name) ? topics.GetTopic(topic.Name) : null;
            foreach (ProduceRequestPartitionData partition in topic.PartitionData)
            {
                if (found is { IsInternal: false } && found.GetPartition(partition.Index) is PartitionLog log
                    && ImplicitPartitions.Joins(partition.Records.Memory.Span, log, out ProducerIdentity producer))
                {
                    joining.Add((new TransactionPartition(topic.Name, partition.Index), producer));
                }
            }
        }

        return joining;
    }

    /// <summary>A copy of the batches, which lie in a frame that is used again during the first wait.</summary>
    private static ProduceRequest WithOwnRecords(ProduceRequest request)
    {
        foreach (ProduceRequestTopicData topic in request.TopicData)
        {
            foreach (ref ProduceRequestPartitionData partition in topic.PartitionData.AsSpan())
            {
                partition.Records = partition.Records.IsNull
                    ? partition.Records
                    : WireRecords.Of(partition.Records.Memory.ToArray());
            }
        }

        return request;
    }

    private ValueTask<IResponse?> AppendAsync(
        ProduceRequest request, RequestContext context, Dictionary<TransactionPartition, ErrorCode> refused, ErrorCode refusal)
    {
        bool pending = false;
        List<Appended> appended = [];
        ProduceResponseResponses[] results = new ProduceResponseResponses[request.TopicData.Length];
        Round round = new(appended, new DecompressionBudget(), request.TransactionalId, context.Version);
        for (int i = 0; i < results.Length; i++)
        {
            ProduceRequestTopicData topic = request.TopicData[i];
            ProduceResponsePartitionResponses[] partitions =
                new ProduceResponsePartitionResponses[topic.PartitionData.Length];
            ErrorCode whole = refusal != ErrorCode.None ? refusal : ProduceRights.OfTopic(topic, context);
            for (int j = 0; j < partitions.Length; j++)
            {
                int index = topic.PartitionData[j].Index;
                ErrorCode error = whole == ErrorCode.None
                    ? refused.GetValueOrDefault(new TransactionPartition(topic.Name, index))
                    : whole;
                partitions[j] = error == ErrorCode.None
                    ? Append(topic.Name, topic.PartitionData[j], partitions, j, round)
                    : Failed(index, error, null);
            }

            results[i] = new ProduceResponseResponses
            {
                Name = topic.Name, TopicId = topic.TopicId, PartitionResponses = partitions,
            };
        }

        foreach (Appended item in appended)
        {
            pending |= !item.Durable.IsCompletedSuccessfully;
        }

        ProduceResponse response = new() { Responses = results };
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
        foreach (ProduceResponseResponses topic in response.Responses)
        {
            foreach (ProduceResponsePartitionResponses partition in topic.PartitionResponses)
            {
                if (partition.ErrorCode != ErrorCode.None)
                {
                    connection.Close($"acks=0 produce to {topic.Name}-{partition.Index} failed with {partition.ErrorCode}.");
                    return;
                }
            }
        }
    }

    private ProduceResponsePartitionResponses Append(
        string topic, in ProduceRequestPartitionData partition, ProduceResponsePartitionResponses[] results, int position,
        Round round)
    {
        Topic? found = topics.GetTopic(topic);
        PartitionLog? log = found?.GetPartition(partition.Index);
        Memory<byte> records = partition.Records.Memory;
        (ErrorCode refusal, string? reason) = Check(found, log, records.Span, round.TransactionalId);
        if (refusal != ErrorCode.None)
        {
            return Failed(partition.Index, refusal, reason);
        }

        AppendResult result = log!.Append(records.Span, AppendOrigin.Client, round.Budget);
        if (!result.IsSuccess)
        {
            ErrorCode error = ImplicitPartitions.Translate(result.Error, records.Span, round.Version);
            return Refused(topic, partition.Index, error, result);
        }

        if (!result.IsDuplicate)
        {
            measured.Produced(topic, result.EndOffset - result.BaseOffset, records.Length);
        }

        round.Appended.Add(new Appended(results, position, log.WaitDurableAsync(result.EndOffset).AsTask()));
        return Succeeded(partition.Index, result);
    }

    private static (ErrorCode Error, string? Reason) Check(
        Topic? topic, PartitionLog? log, ReadOnlySpan<byte> records, string? transactionalId) => (topic, log) switch
        {
            (_, null) => (ErrorCode.UnknownTopicOrPartition, null),
            ({ IsInternal: true }, _) => (ErrorCode.InvalidTopic, $"{topic!.Name} is written by the broker only."),
            _ when records.IsEmpty => (ErrorCode.InvalidRecord, "There is no record batch."),
            _ when transactionalId is null && ImplicitPartitions.IsTransactional(records) =>
                (ErrorCode.TransactionalIdAuthorizationFailed, "A transactional batch needs its transactional id."),
            _ => (ErrorCode.None, null),
        };

    private static ProduceResponsePartitionResponses Succeeded(int index, in AppendResult result) => new()
    {
        Index = index,
        BaseOffset = result.BaseOffset,
        LogAppendTimeMs = result.LogAppendTimeMs,
        LogStartOffset = result.LogStartOffset,
    };

    private static ProduceResponsePartitionResponses Refused(string topic, int index, ErrorCode error, in AppendResult result)
    {
        ProduceResponsePartitionResponses failed = Failed(index, error, result.Message, result.LogStartOffset);
        if (result.Rejected is { } rejected)
        {
            string partition = $"{topic}-{index}";
            failed.ErrorMessage = rejected.Summary(partition);
            failed.RecordErrors =
            [
                .. rejected.Indexes.Select((x, at) => new ProduceResponseRecordErrors
                {
                    BatchIndex = x,
                    BatchIndexErrorMessage = rejected.MessageAt(at, partition),
                }),
            ];
        }

        return failed;
    }

    private static ProduceResponsePartitionResponses Failed(
        int index, ErrorCode error, string? message, long logStartOffset = -1) => new()
    {
        Index = index,
        ErrorCode = error,
        BaseOffset = -1,
        LogStartOffset = logStartOffset,
        ErrorMessage = message,
    };

    /// <summary>What the appends of one request share.</summary>
    private sealed record Round(List<Appended> Appended, DecompressionBudget Budget, string? TransactionalId, short Version);

    /// <summary>An append whose durability is still to be learnt, and where its result stands.</summary>
    private readonly record struct Appended(
        ProduceResponsePartitionResponses[] Results, int Position, Task<ErrorCode> Durable);
}
