using StreamFlow.Kafka.Interop;

namespace StreamFlow.Kafka.Producers;

/// <summary>Waits for records on their way.</summary>
internal static class Outbox
{
    private const int PollStepMs = 20;

    // rd_kafka_flush hurries librdkafka only while the call lasts, and its threads may be busy just then.
    private const int HurryMs = 5;

    /// <summary>
    /// Waits until every record is acknowledged or has failed for good and its report was taken. rd_kafka_flush cannot do it,
    /// for the reports it waits for are ours to take; it only makes librdkafka send now what it holds for linger.ms.
    /// </summary>
    internal static bool Drain(
        NativeProducer native, DeliveryReports reports, RefusedBatches? refused, TimeProvider time, TimeSpan timeout,
        Action? whileWaiting = null)
    {
        native.Poll(reports, 0);
        if (native.Outstanding == 0 && !SendAgain(native, reports, refused))
        {
            return true;
        }

        var start = time.GetTimestamp();
        native.Flush(1);
        while (true)
        {
            var left = timeout - time.GetElapsedTime(start);
            var outstanding = native.Outstanding;
            native.Poll(reports, Math.Min(PollStepMs, Timeouts.Milliseconds(left)));
            if (native.Outstanding == 0 && !SendAgain(native, reports, refused))
            {
                return true;
            }

            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            if (native.Outstanding == outstanding)
            {
                whileWaiting?.Invoke();
                native.Flush(HurryMs);
            }
        }
    }

    /// <summary>Sends what was refused in too large a company, when nothing else is on its way.</summary>
    /// <returns>Whether anything was sent.</returns>
    internal static bool SendAgain(NativeProducer native, DeliveryReports reports, RefusedBatches? refused)
    {
        while (refused is { IsActive: true } && native.Outstanding == 0)
        {
            if (refused.Send(native, reports))
            {
                native.Flush(HurryMs);
                return true;
            }
        }

        return false;
    }
}
