using StreamFlow.Broker.Measuring;
using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Protocol.Messages;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Appends record batches as they are. Everything is appended before the method first waits, because the batches lie in
/// the request's own buffer; what may still be pending is only their durability.
/// </summary>
internal sealed class ProduceHandler(TopicStore topics, RecordInstruments measured)
{
    private const short NoAcks = 0;

    public ValueTask<IResponse?> HandleAsync(ProduceRequest request, RequestContext context)
    {
        bool pending = false;
        List<Appended> appended = [];
        ProduceTopicResult[] results = new ProduceTopicResult[request.Topics.Length];
        DecompressionBudget budget = new();
        ErrorCode refusal = request.Acks is < -1 or > 1 ? ErrorCode.InvalidRequiredAcks : ErrorCode.None;
        for (int i = 0; i < results.Length; i++)
        {
            ProduceTopic topic = request.Topics[i];
            ProducePartitionResult[] partitions = new ProducePartitionResult[topic.Partitions.Length];
            for (int j = 0; j < partitions.Length; j++)
            {
                partitions[j] = refusal == ErrorCode.None
                    ? Append(topic.Name, topic.Partitions[j], partitions, j, appended, budget)
                    : Failed(topic.Partitions[j].Index, refusal, null);
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
        string topic, ProducePartition partition, ProducePartitionResult[] results, int position, List<Appended> appended,
        DecompressionBudget budget)
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

        AppendResult result = log.Append(records.Span, AppendOrigin.Client, budget);
        if (!result.IsSuccess)
        {
            return Refused(topic, partition.Index, result);
        }

        if (!result.IsDuplicate)
        {
            measured.Produced(topic, result.EndOffset - result.BaseOffset, records.Length);
        }

        appended.Add(new Appended(results, position, log.WaitDurableAsync(result.EndOffset).AsTask()));
        return new ProducePartitionResult(
            partition.Index, ErrorCode.None, result.BaseOffset, result.LogAppendTimeMs, result.LogStartOffset, null);
    }

    private static ProducePartitionResult Refused(string topic, int index, in AppendResult result)
    {
        ProducePartitionResult failed = Failed(index, result.Error, result.Message) with { LogStartOffset = result.LogStartOffset };
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

    /// <summary>An append whose durability is still to be learnt, and where its result stands.</summary>
    private readonly record struct Appended(
        ProducePartitionResult[] Results, int Position, Task<ErrorCode> Durable);
}
