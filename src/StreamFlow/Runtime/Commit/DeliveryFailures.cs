using System.Diagnostics;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>Deals with records that the broker refused after they were handed to the producer.</summary>
internal sealed class DeliveryFailures(ThreadServices services, IKafkaProducer producer, ErrorPolicy errors)
{
    private static readonly TaskId UnknownTask = new(-1, -1);

    /// <summary>Asks the production handler about each failure.</summary>
    /// <returns>Whether dead letters were sent, which must be delivered too.</returns>
    /// <exception cref="StreamsException">The thread must stop: it is an internal topic, or the handler says so.</exception>
    public bool Handle()
    {
        var sent = false;
        while (producer.TryTakeFailure(out var failure))
        {
            sent |= HandleOne(failure);
        }

        return sent;
    }

    /// <summary>Whether a topic is one whose records may not be left out: internal ones, and that of the dead letters.</summary>
    public static bool IsOurs(ThreadServices services, string topic) =>
        services.Topics.KindOf(topic).IsInternal() || topic == services.Errors.DeadLetterTopic;

    private bool HandleOne(in DeliveryFailure failure)
    {
        var cause = new KafkaClientException(
            $"A record for {failure.Partition} was not delivered: {failure.Reason}", failure.Kind);
        var topic = failure.Partition.Topic;
        if (IsOurs(services, topic) || failure.Kind is KafkaErrorKind.Fatal or KafkaErrorKind.Migrated)
        {
            throw new StreamsException($"{cause.Message}. State and results would no longer agree.", cause);
        }

        var error = new ErrorContext
        {
            Stage = ErrorStage.Production,
            TaskId = UnknownTask,
            Operator = topic,
            Topic = topic,
            Partition = failure.Partition.Partition,
            Offset = -1,
            Exception = cause,
        };
        var response = errors.Ask(error);
        ProcessingLog.Failed(
            services.Logger, cause, UnknownTask, topic, ErrorStage.Production, response, topic, failure.Partition.Partition, -1);
        switch (response)
        {
            case ErrorResponse.Continue:
                Count(DropReason.Production);
                return false;
            case ErrorResponse.DeadLetter when errors.DeadLetterTopic is not null:
                SendDeadLetter(errors.DeadLetterTopic, failure);
                Count(DropReason.DeadLetter);
                return true;
            default:
                throw new StreamsException(cause.Message, cause);
        }
    }

    /// <summary>The dead letter is the refused output itself: its input may have been let go already.</summary>
    private void SendDeadLetter(string deadLetterTopic, in DeliveryFailure failure)
    {
        var collector = new RecordCollector(producer);
        var topic = collector.Topic(deadLetterTopic);
        var record = new ByteRecord
        {
            Key = failure.Key,
            HasKey = failure.Key is not null,
            Value = failure.Value,
            HasValue = failure.Value is not null,
            Timestamp = services.Time.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var headers = Headers.Empty
            .With("__streams.errors.message", failure.Reason)
            .With("__streams.errors.topic", failure.Partition.Topic);
        collector.Send(topic, collector.PartitionFor(topic, record.Key, record.HasKey), in record, headers);
    }

    private void Count(DropReason reason) =>
        Instruments.Dropped.Add(1, new TagList
        {
            { "streamflow.application.id", services.Options.ApplicationId },
            { "reason", TaskMetrics.Name(reason) },
        });
}
