using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StreamFlow;

namespace OrderCounts;

/// <summary>
/// Sends generated orders. It keeps at most a bounded number of them in flight, so that no partition runs ahead of another
/// by more event time than the windows' grace: which orders are late is then decided by the seed, not by the machine.
/// </summary>
internal sealed class GeneratorService(
    Settings settings, Ledger ledger, RunClock clock, TimeProvider time, BootstrapServers servers, IServiceProvider services)
    : BackgroundService
{
    /// <summary>2,000 orders are at most 40 s of event time; with 2 s of disorder that stays below the grace of 60 s.</summary>
    private const int MaxInFlight = 2000;
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(10);
    private Exception? _failure;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when all orders are sent and acknowledged, or sending failed.</summary>
    public Task Done => _done.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Yield();
            await WorkerRunsAsync(stoppingToken);
            clock.Begin();
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

    /// <summary>A run of some seconds is about the topology, not about joining the group and opening stores.</summary>
    private async Task WorkerRunsAsync(CancellationToken stop)
    {
        var application = services.GetRequiredKeyedService<StreamsApplication>(settings.ApplicationId);
        while (application.Status.State != StreamsState.Running)
        {
            await Task.Delay(20, stop);
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
        }).SetLogHandler((_, _) => { }).Build(); // the worker says that no broker answers
        var generator = new OrderGenerator(settings.Seed, clock.StartMs, clock.StepMs);
        var began = time.GetTimestamp();
        for (long sent = 0; sent < settings.Orders && !clock.TimeIsUp && !stop.IsCancellationRequested; sent++)
        {
            while (MustWait(generator, sent, began) && !clock.TimeIsUp && !stop.IsCancellationRequested)
            {
                await Task.Delay(1, CancellationToken.None);
            }

            Send(producer, generator.Next());
        }

        // What was generated is in the books, so it is sent, also when the run is stopped.
        producer.Flush(SendLimit);
        ThrowIfFailed();
    }

    /// <summary>
    /// Orders do not outrun the topology, the asked rate, or the present: brokers refuse records from the future, so a run
    /// that has caught up with the clock goes on in real time.
    /// </summary>
    private bool MustWait(OrderGenerator generator, long sent, long began)
    {
        ThrowIfFailed();
        return ledger.InFlight >= MaxInFlight
            || IsAheadOfRate(sent, began)
            || generator.NextTime > time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new InvalidOperationException($"An order could not be sent: {failure.Message}", failure);
        }
    }

    private void Send(IProducer<string, byte[]> producer, GeneratedOrder order)
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
                    Interlocked.CompareExchange(ref _failure, new KafkaException(report.Error), null);
                }
            });
    }

    private bool IsAheadOfRate(long sent, long began) =>
        settings.Rate > 0 && sent > time.GetElapsedTime(began).TotalSeconds * settings.Rate;
}

/// <summary>Where the brokers are; known once the embedded one has started.</summary>
internal sealed record BootstrapServers(string Value);
