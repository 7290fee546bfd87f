using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Deals with records that were refused after they were handed to the producer, without transactions.</summary>
/// <param name="services">What the threads share.</param>
/// <param name="producer">The thread's producer.</param>
/// <param name="sent">Knows what the refused record is due to.</param>
/// <param name="sources">Reads the input record again.</param>
internal sealed class DeliveryFailures(
    ThreadServices services, IKafkaProducer producer, SentResults sent, SourceReader sources)
{
    /// <summary>Asks the production handler about each failure.</summary>
    /// <returns>Whether dead letters may have been sent, which must be delivered too.</returns>
    /// <exception cref="StreamsException">The thread must stop: no record is to blame, or the handler says so.</exception>
    public bool Handle()
    {
        var any = false;
        while (producer.TryTakeFailure(out var failure))
        {
            any = true;
            Handle(in failure);
        }

        return any;
    }

    /// <summary>
    /// Whether a failure is of the application's own topics as a whole: a changelog or repartition topic that is gone, or may
    /// not be written to. No record is to blame, and none would fare better.
    /// </summary>
    public static bool IsBroken(ThreadServices services, in DeliveryFailure failure) =>
        failure.ConcernsTopic && services.Topics.KindOf(failure.Partition.Topic).IsInternal();

    private void Handle(in DeliveryFailure failure)
    {
        var cause = new KafkaClientException(
            $"A record for {failure.Partition} was not delivered: {failure.Reason}", failure.Kind) { Partition = failure.Partition };
        var isKnown = sent.TryFind(failure.Number, out var result);
        if (failure.Kind is KafkaErrorKind.Fatal or KafkaErrorKind.Migrated or KafkaErrorKind.Retriable || IsBroken(services, in failure))
        {
            throw new StreamsException(
                $"{(isKnown ? Describe(in result) : string.Empty)}{Sentences.End(cause.Message)} That is no fault of the record: it and "
                + "what follows are processed again from the last commit, once brokers and topics are in order.", cause);
        }

        if (!isKnown)
        {
            throw new StreamsException(
                $"{Sentences.End(cause.Message)} Which record it is the result of is not known any more: the producer holds more than "
                + $"{SentResults.Capacity} records. Lower queue.buffering.max.messages.", cause);
        }

        Handle(in failure, in result, cause);
    }

    private void Handle(in DeliveryFailure failure, in SentResult result, KafkaClientException cause)
    {
        var record = new ByteRecord
        {
            Key = failure.Key,
            HasKey = failure.Key is not null,
            Value = failure.Value,
            HasValue = failure.Value is not null,
            Timestamp = failure.Timestamp >= 0 ? failure.Timestamp : services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var task = result.Task;
        task.Record.Enter(result.Letter is null ? WithSource(result.Origin) : result.Origin);
        try
        {
            if (result.Letter is { } letter)
            {
                services.Errors.DeadLetters!.SendLess(task, letter, in record, cause, failure.ConcernsTopic);
            }
            else
            {
                services.Errors.HandleRefused(task, result.Operator, cause, in record, failure.Headers, failure.Partition.Topic);
            }
        }
        finally
        {
            task.Record.Clear();
        }
    }

    private static string Describe(in SentResult result) =>
        $"Task {result.Task.TaskId}, {result.Operator}, input {result.Origin.Topic}-{result.Origin.Partition} offset "
        + $"{result.Origin.Offset}: ";

    private RecordOrigin WithSource(in RecordOrigin origin) =>
        origin.Raw is not null || services.Errors.DeadLetters is null
            ? origin
            : origin with { Raw = sources.TryRead(in origin) };
}
