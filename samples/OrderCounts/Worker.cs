using System.Net.Sockets;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StreamFlow;
using StreamFlow.Kafka;

namespace OrderCounts;

/// <summary>The hosted worker around the topology, and what the sample adds: generator, display, summary.</summary>
internal static class Worker
{
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    /// <returns>Exit code: 0 when the books balance, or nothing was generated and the worker stopped in order.</returns>
    public static async Task<int> RunAsync(Settings settings, BootstrapServers servers)
    {
        var temporary = settings.StateDirectory is null ? Directory.CreateTempSubdirectory("order-counts-").FullName : null;
        try
        {
            if (new KafkaClientOptions { BootstrapServers = servers.Value }.Validate() is { Count: > 0 } complaints)
            {
                Console.Error.WriteLine($"--bootstrap-servers: {string.Join(' ', complaints)}");
                return 1;
            }

            if (!Topics.Answers(servers.Value))
            {
                Console.Error.WriteLine(
                    $"No broker answers at '{servers.Value}'. Start one or correct --bootstrap-servers; without it, an embedded broker is started.");
                return 1;
            }

            var partitions = await Topics.EnsureAsync(servers.Value, settings.Partitions);
            if (settings.Generates && Topics.Waiting(servers.Value, settings.ApplicationId) is var waiting and > 0)
            {
                Console.Error.WriteLine(
                    $"{waiting} orders on '{Pipeline.Orders}' are not processed by '{settings.ApplicationId}' yet, so the books of a "
                    + "generated run could not balance. Run it with --orders 0 first, until its lag is 0.");
                return 1;
            }

            using var ledger = new Ledger();
            using var counts = new CountTable(servers.Value, Pipeline.OrderCounts, partitions);
            var clock = new RunClock(TimeProvider.System, settings.Orders, counts.BaselineEnd, settings.Duration);
            var page = new LivePage(settings.Port) { ShowsRecords = settings.UsesEmbeddedBroker };
            using var host = Build(settings, servers, page, (ledger, counts, clock), temporary ?? settings.StateDirectory!);
            if (page.Address is { } address)
            {
                Console.WriteLine($"live page {address}");
            }

            counts.Start();
            return settings.Generates || settings.Duration is not null
                ? await RunAndCheckAsync(host, ledger, counts, clock)
                : await RunUntilStoppedAsync(host);
        }
        catch (SocketException exception)
        {
            Console.Error.WriteLine($"--port {settings.Port}: {exception.Message}. Give another, or 0 for a free one.");
            return 1;
        }
        catch (KafkaException exception)
        {
            Console.Error.WriteLine($"The broker at '{servers.Value}' went away: {exception.Error.Reason}. Start it again, then this program.");
            return 1;
        }
        finally
        {
            if (temporary is not null)
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static IHost Build(
        Settings settings, BootstrapServers servers, LivePage page, (Ledger, CountTable, RunClock) books, string stateDirectory)
    {
        var (ledger, counts, clock) = books;
        var builder = page.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        // The generator makes late and malformed orders on purpose: they are counted and shown, not logged one by one.
        builder.Logging.AddFilter("StreamFlow", LogLevel.Error);
        builder.Services.AddSingleton(settings).AddSingleton(servers).AddSingleton(page);
        builder.Services.AddSingleton(ledger).AddSingleton(counts).AddSingleton(clock);
        builder.Services.AddStreamFlow(
            settings.ApplicationId,
            (topology, _) => Pipeline.Describe(topology, ledger),
            options =>
            {
                options.BootstrapServers = servers.Value;
                options.Streams.StateDirectory = stateDirectory;
                options.Streams.NumStreamThreads = settings.Threads;
                options.Streams.CommitInterval = TimeSpan.FromMilliseconds(200);
                options.Streams.DeserializationErrorHandler = static (in ErrorContext _) => ErrorResponse.Continue;
            });
        builder.Services.AddHealthChecks().AddStreamFlow();
        if (settings.Generates)
        {
            builder.Services.AddSingleton<GeneratorService>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<GeneratorService>());
        }

        builder.Services.AddHostedService<Display>();
        return page.Build(builder);
    }

    private static async Task<int> RunUntilStoppedAsync(IHost host)
    {
        await host.RunAsync();
        return Environment.ExitCode;
    }

    private static async Task<int> RunAndCheckAsync(IHost host, Ledger ledger, CountTable counts, RunClock clock)
    {
        var generator = host.Services.GetService<GeneratorService>();
        var lifetime = host.Services.GetRequiredService<IHostApplicationLifetime>();
        var stopped = new TaskCompletionSource();
        using var registration = lifetime.ApplicationStopping.Register(stopped.SetResult);
        await host.StartAsync();
        if (generator is null)
        {
            clock.Begin();
        }

        var done = generator?.Done ?? Task.Delay(clock.Duration!.Value, lifetime.ApplicationStopping);
        await Task.WhenAny(done, stopped.Task);
        if (done.IsFaulted)
        {
            await done;
        }

        if (generator is null)
        {
            await host.StopAsync();
            Summary.PrintSeen(ledger, clock);
            return Environment.ExitCode;
        }

        // Also when the run is stopped what was generated is counted before the worker ends.
        await generator.StopAsync(CancellationToken.None);
        await Summary.SettleAsync(ledger, counts, TimeProvider.System, stopped.Task.IsCompleted ? StopLimit : SettleLimit);

        await host.StopAsync();
        await Summary.SettleAsync(ledger, counts, TimeProvider.System, TimeSpan.FromSeconds(5));
        return Summary.Print(ledger, counts, clock) && Environment.ExitCode == 0 ? 0 : 1;
    }
}
