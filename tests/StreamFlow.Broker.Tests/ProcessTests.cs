using System.Net;
using System.Net.Sockets;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests;

/// <summary>The broker in a process of its own: how it starts, stops and is killed.</summary>
public sealed class ProcessTests
{
    [Fact]
    public async Task Port_in_use_is_named_and_ends_with_1()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        int port = ((IPEndPoint)taken.LocalEndpoint).Port;
        (int exitCode, _, string errors) = await StandaloneBroker.RunAsync("--port", $"{port}");
        Assert.Equal(1, exitCode);
        Assert.Contains($"127.0.0.1:{port}", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Locked_directory_is_named_and_ends_with_1()
    {
        using TemporaryDirectory directory = new();
        using StandaloneBroker first = await StandaloneBroker.StartAsync("--port", "0", "--data", directory.Path);
        (int exitCode, _, string errors) = await StandaloneBroker.RunAsync("--port", "0", "--data", directory.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains(directory.Path, errors, StringComparison.Ordinal);
        Assert.Contains("in use by another broker", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directory_that_cannot_be_made_is_named_with_the_reason_and_the_remedy()
    {
        using TemporaryDirectory directory = new();
        string file = Path.Combine(directory.Path, "file");
        await File.WriteAllBytesAsync(file, []);
        (int exitCode, _, string errors) = await StandaloneBroker.RunAsync("--port", "0", "--data", Path.Combine(file, "data"));
        Assert.Equal(1, exitCode);
        Assert.StartsWith($"error: Data directory '{Path.Combine(file, "data")}' cannot be used: ", errors, StringComparison.Ordinal);
        Assert.Contains(". Choose one that the broker may write to.", errors, StringComparison.Ordinal);
    }

    /// <summary>Only the lock's own error means that somebody has it.</summary>
    [SkippableFact]
    public async Task Lock_file_that_cannot_be_opened_blames_no_other_broker()
    {
        Skip.If(OperatingSystem.IsWindows(), "Links need privileges.");
        using TemporaryDirectory directory = new();
        string link = Path.Combine(directory.Path, "LOCK");
        File.CreateSymbolicLink(link, link);
        (int exitCode, _, string errors) = await StandaloneBroker.RunAsync("--port", "0", "--data", directory.Path);
        Assert.Equal(1, exitCode);
        Assert.Contains(directory.Path, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("in use", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminate_stops_cleanly_and_keeps_the_data()
    {
        using TemporaryDirectory directory = new();
        string[] arguments = ["--port", "0", "--data", directory.Path, "--topic", "t:2", "--no-auto-create"];
        using (StandaloneBroker broker = await StandaloneBroker.StartAsync(arguments))
        {
            Assert.Equal($"Broker ready at {broker.BootstrapServers}, data in {directory.Path}", broker.ReadyLine);
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            await client.ProduceAsync("t", 1, TestBatch.Build("kept"));
            Assert.Equal(0, await broker.TerminateAsync());
        }

        using StandaloneBroker again = await StandaloneBroker.StartAsync(arguments);
        using RawClient reader = await RawClient.ConnectAsync(again.Port);
        Assert.Equal([(0, "kept")], TestBatch.Read((await reader.FetchAsync("t", 1, 0)).Bytes("records")));
        Assert.Equal(0, await again.TerminateAsync());
    }

    [Fact]
    public async Task Kill_under_load_loses_no_acknowledged_record_and_keeps_order()
    {
        using TemporaryDirectory directory = new();
        string[] arguments = ["--port", "0", "--data", directory.Path, "--topic", "t:2"];
        int next = 0;
        for (int round = 0; round < 3; round++)
        {
            using StandaloneBroker broker = await StandaloneBroker.StartAsync(arguments);
            await AssertHoldsAsync(broker, next);
            next = await ProduceUntilKilledAsync(broker, next, killAfter: next + 300);
        }

        using StandaloneBroker last = await StandaloneBroker.StartAsync(arguments);
        await AssertHoldsAsync(last, next);
    }

    /// <summary>Produces numbered records, the broker being killed on the way, and returns the first not acknowledged.</summary>
    private static async Task<int> ProduceUntilKilledAsync(StandaloneBroker broker, int first, int killAfter)
    {
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        Task? killed = null;
        int next = first;
        while (true)
        {
            try
            {
                WireStruct result = await client.ProduceAsync("t", 0, TestBatch.Build($"{next}"));
                Assert.Equal(0, result.Number("error_code"));
            }
            catch (IOException)
            {
                await killed!;
                return next;
            }

            next++;
            if (next == killAfter)
            {
                // Not awaited here: the kill arrives while requests are under way.
                killed = broker.KillAsync();
            }
        }
    }

    /// <summary>Every acknowledged record is there in order; at most the one under way when the broker died follows.</summary>
    private static async Task AssertHoldsAsync(StandaloneBroker broker, int acknowledged)
    {
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        List<string> values = [];
        long offset = 0;
        while (true)
        {
            List<(long Offset, string Value)> batch =
                TestBatch.Read((await client.FetchAsync("t", 0, offset)).Bytes("records"));
            if (batch.Count == 0)
            {
                break;
            }

            Assert.Equal(Enumerable.Range(0, batch.Count).Select(x => offset + x), batch.Select(x => x.Offset));
            values.AddRange(batch.Select(x => x.Value));
            offset += batch.Count;
        }

        // A record that was written but not acknowledged is produced again in the next round.
        Assert.Equal(Enumerable.Range(0, acknowledged).Select(x => $"{x}"), values.Distinct().Take(acknowledged));
        Assert.InRange(values.Distinct().Count(), acknowledged, acknowledged + 1);
    }
}
