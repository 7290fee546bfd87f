using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Transactions;

/// <summary>The executable, killed by its own hand between two durable steps, and started again on what it left.</summary>
public sealed class KilledBrokerTests
{
    public static TheoryData<string> Points() => [.. FaultPoints.All, "txn.after-marker:2"];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Transaction_is_whole_or_absent_after_a_kill(string point)
    {
        using TemporaryDirectory directory = new();
        long identity = await RunUntilKilledAsync(directory.Path, point);

        using StandaloneBroker broker = await StandaloneBroker.StartAsync("--data", directory.Path, "--port", "0");
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        RawTransaction next = await AgainAsync(client);
        Assert.True(identity < 0 || next.ProducerId == identity, "The transactional id was forgotten.");
        bool isDecided = FaultPoints.All.ToList().IndexOf(point.Split(':')[0])
            >= FaultPoints.All.ToList().IndexOf(FaultPoints.AfterPrepare);
        for (int partition = 0; partition < 2; partition++)
        {
            Assert.Equal(isDecided ? ["value"] : [], await VisibleAsync(client, partition));
        }

        // The id goes on to work.
        Assert.Equal([0L, 0L], await next.AddAsync("t", 0, 1));
        Assert.Equal(0, (await next.ProduceAsync("t", 0, 0, "next")).Number("error_code"));
        Assert.Equal(0, await next.EndAsync(commit: true));
        Assert.Equal(isDecided ? ["value", "next"] : ["next"], await VisibleAsync(client, 0));
        Assert.Equal(0, await broker.TerminateAsync());
    }

    [SkippableFact]
    public async Task Client_that_goes_on_through_kills_processes_every_record_once()
    {
        ExternalTool.Require(ExternalTool.Python, "confluent_kafka");
        using TemporaryDirectory directory = new();
        int port = 0;
        ExternalTool? client = null;
        try
        {
            foreach (string point in FaultPoints.All)
            {
                // Not at the first pass, so that each broker does some work before it ends.
                using StandaloneBroker broker = await StandaloneBroker.StartAsync(
                    Variable($"{point}:3"), "--data", directory.Path, "--port", $"{port}");
                port = broker.Port;
                client ??= ExternalTool.Start(
                    ExternalTool.Python, ExternalTool.Script("confluent_transactions.py"), "transform",
                    broker.BootstrapServers, "4000");
                if (point == FaultPoints.ProducerInitialised)
                {
                    // This one is passed once per producer only; the kill of all of them has a test of its own.
                    await client.ExpectOutputAsync("FED");
                    await broker.KillAsync();
                }
                else
                {
                    await broker.WaitForKilledAsync();
                }
            }

            using StandaloneBroker last = await StandaloneBroker.StartAsync(
                "--data", directory.Path, "--port", $"{port}");
            await client!.ExpectSuccessAsync();
            Assert.Contains("OK", client.Output, StringComparison.Ordinal);
        }
        finally
        {
            client?.Dispose();
        }
    }

    [Fact]
    public async Task Unknown_fault_point_is_refused_at_the_start()
    {
        (int exitCode, _, string errors) = await StandaloneBroker.RunAsync(Variable("txn.nowhere"), "--port", "0");
        Assert.Equal(1, exitCode);
        Assert.Contains("txn.nowhere", errors, StringComparison.Ordinal);
        Assert.Contains(FaultPoints.AfterPrepare, errors, StringComparison.Ordinal);
    }

    private static (string Name, string Value) Variable(string point) => ("STREAMFLOW_BROKER_CRASH_AT", point);

    private static async Task<long> RunUntilKilledAsync(string directory, string point)
    {
        using StandaloneBroker broker = await StandaloneBroker.StartAsync(
            Variable(point), "--data", directory, "--port", "0", "--topic", "t:2");
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        long producerId = -1;
        try
        {
            RawTransaction tx = await RawTransaction.InitAsync(client, "tx", 3);
            producerId = tx.ProducerId;
            await tx.AddAsync("t", 0, 1);
            await tx.ProduceAsync("t", 0, 0, "value");
            await tx.ProduceAsync("t", 1, 0, "value");
            await tx.AddOffsetsAsync("g");
            await tx.CommitOffsetAsync("g", "t", 0, 1);
            await tx.EndAsync(commit: true);
        }
        catch (IOException)
        {
            await broker.WaitForKilledAsync();
            return producerId;
        }

        Assert.Fail($"The broker did not end at {point}.");
        return producerId;
    }

    /// <summary>Initialises the id, asking again while the broker completes what was decided before.</summary>
    private static async Task<RawTransaction> AgainAsync(RawClient client)
    {
        WireStruct request = MinimalRequests.For("InitProducerId");
        request["transactional_id"] = "tx";
        request["transaction_timeout_ms"] = 30_000;
        WireStruct answer = [];
        for (int i = 0; i < 1000; i++)
        {
            answer = await client.CallAsync("InitProducerId", 4, request);
            if (answer.Number("error_code") != 51)
            {
                break;
            }

            await Task.Delay(5);
        }

        Assert.Equal(0, answer.Number("error_code"));
        return new RawTransaction(client, "tx", 3, answer.Number("producer_id"), (int)answer.Number("producer_epoch"));
    }

    /// <summary>What a read-committed consumer gets; fails unless it reaches the end.</summary>
    private static async Task<List<string>> VisibleAsync(RawClient client, int partition)
    {
        WireStruct request = Requests.Fetch("t", partition, 0);
        request["isolation_level"] = 1;
        WireStruct answer = (await client.CallAsync("Fetch", 11, request)).Only("responses").Only("partitions");
        Assert.Equal(answer.Number("high_watermark"), answer.Number("last_stable_offset"));
        HashSet<(long, long)> aborted = [.. answer.Structs("aborted_transactions")
            .Select(x => (x.Number("producer_id"), x.Number("first_offset")))];
        return [.. TestBatch.ReadTransactional(answer.Bytes("records"))
            .Where(x => !aborted.Any(y => y.Item1 == x.ProducerId && y.Item2 == x.Offset))
            .Select(static x => x.Value)];
    }
}
