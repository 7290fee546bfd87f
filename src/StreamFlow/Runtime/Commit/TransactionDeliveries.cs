using StreamFlow.Clients;
using StreamFlow.Processing;

namespace StreamFlow.Runtime;

/// <summary>Deals with records of a transaction that were not delivered: the transaction is lost, whatever they are.</summary>
/// <param name="services">What the threads share.</param>
/// <param name="threadName">Name of the thread, for messages.</param>
/// <param name="refused">Learns what must not be sent again in the next attempt.</param>
internal sealed class TransactionDeliveries(ThreadServices services, string threadName, RefusedRecords refused)
{
    /// <exception cref="TransactionFailedException">A record was not delivered; the next attempt may go better.</exception>
    /// <exception cref="StreamsException">A record that may not be left out is refused; the thread must stop.</exception>
    public void ThrowIfAnyFailed(IKafkaProducer producer)
    {
        if (!producer.TryTakeFailure(out var first))
        {
            return;
        }

        var failures = Take(producer, first);
        refused.Remember(failures);
        foreach (var failure in failures)
        {
            if (failure.Kind == KafkaErrorKind.Refused && !MayBeLeftOut(failure))
            {
                throw new StreamsException(
                    $"{threadName}: a record for {failure.Partition} was refused: {Sentences.End(failure.Reason)} Without it state and "
                    + "results would no longer agree. Change the topic's settings or the rights, or the records.",
                    new KafkaClientException(failure.Reason, failure.Kind) { Partition = failure.Partition });
            }
        }

        throw new TransactionFailedException(
            $"{threadName}: a record for {first.Partition} was not delivered: {Sentences.End(first.Reason)} Its transaction is aborted.",
            new KafkaClientException(first.Reason, KafkaErrorKind.Abortable));
    }

    /// <summary>
    /// The transaction is aborted: what is still reported about its records must not be taken for news about the next one,
    /// but what was refused would be again.
    /// </summary>
    public void Settle(IKafkaProducer producer)
    {
        producer.Poll(TimeSpan.Zero);
        if (producer.TryTakeFailure(out var first))
        {
            refused.Remember(Take(producer, first));
        }
    }

    private static List<DeliveryFailure> Take(IKafkaProducer producer, in DeliveryFailure first)
    {
        List<DeliveryFailure> failures = [first];
        while (producer.TryTakeFailure(out var next))
        {
            failures.Add(next);
        }

        return failures;
    }

    private bool MayBeLeftOut(in DeliveryFailure failure) => !DeliveryFailures.IsOurs(services, failure.Partition.Topic);
}
