using Confluent.Kafka;
using Microsoft.Extensions.Hosting;

namespace OrderCounts;

/// <summary>
/// Sends generated orders. It keeps at most a bounded number of them in flight, so that no partition runs ahead of another
/// by more event time than the windows' grace: which orders are late is then decided by the seed, not by the machine.
/// </summary>
internal sealed class GeneratorService(
    Settings settings, Ledger ledger, RunClock clock, TimeProvider time, BootstrapServers servers) : BackgroundService
{
    /// <summary>2,000 orders are 40 s of event time; with 2 s of disorder that stays below the grace of 60 s.</summary>
    private const int MaxInFlight = 2000;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all orders are sent and acknowledged, or sending failed.</summary>
    public Task Done => _done.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Yield();
            await GenerateAsync(stoppingToken);
            _done.TrySetResult();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _done.TrySetResult();
        }
        catch (Exception exception)
        {
            _done.TrySetException(exception);
            throw;
        }
    }

    private async Task GenerateAsync(CancellationToken stop)
    {
        using var producer = new ProducerBuilder<string, byte[]>(new ProducerConfig
        {
            BootstrapServers = servers.Value,
            Partitioner = Partitioner.Murmur2Random,
            EnableIdempotence = true,
            LingerMs = 1,
        }).Build();
        Exception? failure = null;
        var generator = new OrderGenerator(settings.Seed, clock.StartMs);
        var began = time.GetTimestamp();
        for (long sent = 0; sent < settings.Orders && !clock.TimeIsUp; sent++)
        {
            while (ledger.InFlight >= MaxInFlight || IsAheadOfRate(sent, began))
            {
                stop.ThrowIfCancellationRequested();
                if (clock.TimeIsUp)
                {
                    break;
                }

                await Task.Delay(1, stop);
            }

            Send(producer, generator.Next(), report => failure ??= report);
            if (failure is not null)
            {
                throw new InvalidOperationException("An order could not be sent.", failure);
            }
        }

        producer.Flush(stop);
    }

    private void Send(IProducer<string, byte[]> producer, GeneratedOrder order, Action<Exception> failed)
    {
        ledger.AddGenerated(order);
        producer.Produce(
            Pipeline.Orders,
            new Message<string, byte[]>
            {
                Key = order.Key,
                Value = order.Value,
                Timestamp = new Timestamp(order.Timestamp, TimestampType.CreateTime),
            },
            report =>
            {
                if (report.Error.IsError)
                {
                    failed(new KafkaException(report.Error));
                }
            });
    }

    private bool IsAheadOfRate(long sent, long began) =>
        settings.Rate > 0 && sent > time.GetElapsedTime(began).TotalSeconds * settings.Rate;
}

/// <summary>Where the brokers are; known once the embedded one has started.</summary>
internal sealed record BootstrapServers(string Value);

/// <summary>When the run began, in event time and on the clock, and when it is over.</summary>
internal sealed class RunClock(TimeProvider time, long startMs, TimeSpan? duration)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>Event time of the first order; the start of a window.</summary>
    public long StartMs => startMs;

    public TimeSpan Elapsed => time.GetElapsedTime(_began);

    public bool TimeIsUp => duration is { } limit && Elapsed >= limit;
}
