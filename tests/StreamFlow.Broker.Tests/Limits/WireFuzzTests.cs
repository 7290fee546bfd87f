using System.Net;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Tests.Support;
using StreamFlow.Protocol;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>
/// Gives a broker requests that are right, nearly right, and none at all: whatever it is, it is answered or refused, nothing waits
/// for ever, and what it leaves behind is bounded. <c>STREAMFLOW_FUZZ_INPUTS</c> says how many, <c>STREAMFLOW_FUZZ_SEED</c> which.
/// </summary>
public sealed class WireFuzzTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Round = 500;
    private const long MostKept = 150L << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Whatever_a_client_sends_is_answered_or_refused_and_the_broker_goes_on()
    {
        int seed = Number("STREAMFLOW_FUZZ_SEED") ?? Environment.TickCount;
        int inputs = Number("STREAMFLOW_FUZZ_INPUTS") ?? 4000;
        output.WriteLine($"seed {seed}");
        LogLines log = new();
        using TemporaryDirectory place = new();
        await using BrokerParts parts = new(Settings(log, place.Path));
        parts.Open();
        await parts.OpenSecurityAsync(default);
        parts.Store.CreateTopic("t", 3);
        parts.Store.CreateTopic("after", 1);
        parts.Listen();
        long began = TimeProvider.System.GetTimestamp();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int refused = await FuzzAsync(parts, seed, inputs);
        double seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        long kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        Report($"{inputs} inputs, seed {seed}: {inputs - refused} answered, {refused} refused, {inputs / seconds:0} a second, {kept >> 10} KiB kept");
        Assert.InRange(kept, long.MinValue, MostKept);
        Assert.Equal(0, parts.Server.Budget.Used);
        Assert.DoesNotContain(log, static line => line.Contains("internal error", StringComparison.Ordinal));
        await AssertServesAsync(parts.Server.Port);
    }

    private static async Task<int> FuzzAsync(BrokerParts parts, int seed, int inputs)
    {
        int refused = 0;
        using Listener listener = new(new IPEndPoint(IPAddress.Loopback, 0)) { Advertised = parts.Server.Listeners[0].Advertised };
        for (int first = 0; first < inputs; first += Round)
        {
            // A seed for each round, so that one that fails can be had again without those before it.
            RequestGenerator generator = new(new Random(unchecked((seed * 31) + first)))
            {
                TopicId = parts.Store.GetTopic("t")?.Id ?? Guid.Empty,
            };
            using CancellationTokenSource gone = new();
            ConnectionContext connection = new(IPAddress.Loopback, listener, gone.Token, default) { Budget = parts.Server.Budget };
            List<Task> waiting = [];
            for (int i = first; i < Math.Min(inputs, first + Round); i++)
            {
                byte[] frame = generator.Next();
                try
                {
                    ValueTask<WireWriter?> answer = parts.Dispatcher.DispatchAsync(frame, connection, out _);
                    if (answer.IsCompleted)
                    {
                        (await answer)?.Dispose();
                    }
                    else
                    {
                        waiting.Add(FinishAsync(answer, seed, i, frame));
                    }
                }
                catch (ProtocolException)
                {
                    refused++;
                }
                catch (Exception exception)
                {
                    throw Failed(exception, seed, i, frame);
                }
            }

            // What waits for others is given up with its connection.
            await gone.CancelAsync();
            await Task.WhenAll(waiting).WaitAsync(Patience);
            parts.Store.CreateTopic("t", 3);
        }

        return refused;
    }

    private static async Task FinishAsync(ValueTask<WireWriter?> answer, int seed, int index, byte[] frame)
    {
        try
        {
            (await answer)?.Dispose();
        }
        catch (OperationCanceledException)
        {
            // It waited for others in vain.
        }
        catch (Exception exception)
        {
            throw Failed(exception, seed, index, frame);
        }
    }

    private static InvalidOperationException Failed(Exception exception, int seed, int index, byte[] frame) =>
        new($"seed {seed}, input {index}, frame {Convert.ToHexString(frame.AsSpan(0, Math.Min(frame.Length, 2000)))}", exception);

    private static EmbeddedBrokerOptions Settings(LogLines log, string place) => new()
    {
        DataDirectory = place,
        LoggerFactory = log.Factory,
        MaxPartitions = 60,
        MaxGroups = 200,
        MaxTransactionalIds = 100,
        MaxProducerIds = 1000,
        MaxBytesInFlight = 16 << 20,
    };

    private static async Task AssertServesAsync(int port)
    {
        using RawClient client = await RawClient.ConnectAsync(port);
        Assert.Equal(0, (await client.ProduceAsync("after", 0, TestBatch.Build("it lives"))).Number("error_code"));
        Assert.Equal("it lives", Assert.Single(TestBatch.Read((await client.FetchAsync("after", 0, 0)).Bytes("records"))).Value);
    }

    private void Report(string line)
    {
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("STREAMFLOW_FUZZ_RESULT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + Environment.NewLine);
        }
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out int number) ? number : null;
}
