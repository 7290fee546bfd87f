using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// At least once: acknowledged changes become local state, then the positions are committed. A crash between the two
/// leaves the positions at an earlier commit, from which the inputs are read again.
/// </summary>
internal sealed class AtLeastOnceCommit(
    ThreadServices services, string threadName, IKafkaConsumer consumer, IKafkaProducer producer) : CommitProtocol
{
    private DeliveryFailures? _failures;

    public override IKafkaProducer Producer => producer;

    public override Action? BeforeSend => null;

    public override bool IsOpen => true;

    public override bool HasOpenTransaction => false;

    public override KafkaClientException? TryOpen() => null;

    private DeliveryFailures Failures => _failures ??= new DeliveryFailures(services, producer, Sent, new SourceReader(services, threadName));

    public override void Poll()
    {
        producer.Poll(TimeSpan.Zero);
        Failures.Handle();
    }

    public override void AwaitDelivery()
    {
        do
        {
            if (!producer.Drain(services.Options.DeliveryTimeout))
            {
                throw new KafkaClientException(
                    $"Records produced by {threadName} were not acknowledged within "
                    + $"{Durations.Text(services.Options.DeliveryTimeout)} "
                    + "(DeliveryTimeout). Is the broker reachable and its disk writable?",
                    KafkaErrorKind.Fatal);
            }
        }
        while (Failures.Handle());
        Sent.Settle();
    }

    public override CommitOutcome Complete(IReadOnlyList<StreamTask> tasks, IReadOnlyList<PartitionOffset> offsets)
    {
        // A store that fails is restored from its changelog, which has everything: the positions are right all the same.
        var failures = StateCommit.Apply(tasks);
        if (offsets.Count == 0)
        {
            return new CommitOutcome(IsFinal: true, failures);
        }

        try
        {
            consumer.Commit(offsets);
            return new CommitOutcome(IsFinal: true, failures);
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Migrated or KafkaErrorKind.Retriable)
        {
            // During a rebalance the generation is briefly out of date. State is ahead of the committed positions then,
            // which at-least-once allows; the next commit, or the revocation of what has moved, mends it.
            RuntimeLog.CommitPostponed(services.Logger, exception, threadName);
            return new CommitOutcome(IsFinal: false, failures);
        }
    }

    public override Recovery Abandon(Exception reason) => Recovery.None;

    public override void Close()
    {
        // What was sent stays sent.
    }

    public override void Dispose() => producer.Dispose();
}
