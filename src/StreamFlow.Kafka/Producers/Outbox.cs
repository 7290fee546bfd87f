using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>Waits for records on their way.</summary>
internal static class Outbox
{
    private const int PollStepMs = 100;

    /// <summary>
    /// Waits until every record is acknowledged or has failed and its report was taken. rd_kafka_flush cannot do it,
    /// for the reports it waits for are ours to take; it only makes librdkafka send now what it holds for linger.ms.
    /// </summary>
    internal static bool Drain(NativeProducer native, DeliveryReports reports, TimeProvider time, TimeSpan timeout)
    {
        native.Poll(reports, 0);
        if (native.Outstanding == 0)
        {
            return true;
        }

        native.Flush(1);
        var start = time.GetTimestamp();
        while (true)
        {
            var left = timeout - time.GetElapsedTime(start);
            native.Poll(reports, Math.Min(PollStepMs, Timeouts.Milliseconds(left)));
            if (native.Outstanding == 0)
            {
                return true;
            }

            if (left <= TimeSpan.Zero)
            {
                return false;
            }
        }
    }
}
