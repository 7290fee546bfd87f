using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Deals with results that the broker refused after they were handed to the producer, without transactions.</summary>
/// <param name="services">What the threads share.</param>
/// <param name="producer">The thread's producer.</param>
/// <param name="sent">Knows what the refused result is due to.</param>
/// <param name="sources">Reads the input record again.</param>
internal sealed class DeliveryFailures(
    ThreadServices services, IKafkaProducer producer, SentResults sent, SourceReader sources)
{
    /// <summary>Asks the production handler about each failure.</summary>
    /// <returns>Whether dead letters may have been sent, which must be delivered too.</returns>
    /// <exception cref="StreamsException">The thread must stop: it is an internal topic, or the handler says so.</exception>
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

    /// <summary>Whether a topic is one whose records may not be left out: internal ones, and that of the dead letters.</summary>
    public static bool IsOurs(ThreadServices services, string topic) =>
        services.Topics.KindOf(topic).IsInternal() || topic == services.Errors.DeadLetterTopic;

    private void Handle(in DeliveryFailure failure)
    {
        var cause = new KafkaClientException(
            $"A record for {failure.Partition} was not delivered: {failure.Reason}", failure.Kind) { Partition = failure.Partition };
        if (IsOurs(services, failure.Partition.Topic) || failure.Kind is KafkaErrorKind.Fatal or KafkaErrorKind.Migrated)
        {
            throw new StreamsException($"{Sentences.End(cause.Message)} State and results would no longer agree.", cause);
        }

        if (!sent.TryFind(failure.Number, out var result))
        {
            throw new StreamsException(
                $"{Sentences.End(cause.Message)} Which record it is the result of is not known any more: the producer holds more than "
                + $"{SentResults.Capacity} records. Lower queue.buffering.max.messages.", cause);
        }

        var record = new ByteRecord
        {
            Key = failure.Key,
            HasKey = failure.Key is not null,
            Value = failure.Value,
            HasValue = failure.Value is not null,
            Timestamp = services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        result.Task.Record.Enter(WithSource(result.Origin));
        try
        {
            services.Errors.HandleRefused(result.Task, result.Node, cause, in record);
        }
        finally
        {
            result.Task.Record.Clear();
        }
    }

    private RecordOrigin WithSource(in RecordOrigin origin) =>
        origin.Raw is not null || services.Errors.DeadLetterTopic is null
            ? origin
            : origin with { Raw = sources.TryRead(in origin) };
}
