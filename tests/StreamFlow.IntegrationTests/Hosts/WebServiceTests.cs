using System.Globalization;
using System.Text;
using StreamFlow.IntegrationTests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.IntegrationTests.Hosts;

/// <summary>ASP.NET Core with Kestrel as a process: what an orchestrator sees while brokers are away, and when it stops it.</summary>
[Collection(EmbeddedBrokerGroup.Name)]
public sealed class WebServiceTests(EmbeddedFixture fixture)
{
    private const string Section = "StreamFlow:web";

    [Fact]
    public async Task It_listens_and_lives_while_no_broker_is_there_and_ends_in_order()
    {
        var nobody = $"127.0.0.1:{FreePort.Find()}";
        using var web = await WebProcess.StartAsync(nobody, $"{Section}:StoreBackend=InMemory");

        var live = await web.AskAsync("/live");
        var ready = await web.AskAsync("/ready");
        await Until.TrueAsync(
            async () => (await web.AskAsync("/ready")).Text.Contains("no broker answers", StringComparison.Ordinal),
            "the outage is told", () => web.Output);
        var exitCode = await web.TerminateAsync();

        Assert.Equal((200, 503), (live.Code, ready.Code));
        Assert.StartsWith("Degraded starting: web: starting", ready.Text, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
        Assert.Single(web.Lines, l => l.Contains("The clients go on trying", StringComparison.Ordinal) && l.Contains(nobody, StringComparison.Ordinal));
        Assert.DoesNotContain("librdkafka", web.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_the_cluster_refuses_ends_it_with_an_exit_code_and_the_reason()
    {
        await fixture.FreshAsync();
        using var web = await WebProcess.StartAsync(fixture.BootstrapServers, $"{Section}:StoreBackend=InMemory");

        Assert.Equal(1, await web.ExitAsync());
        Assert.Single(web.Lines, l => l.Contains("cannot start: ", StringComparison.Ordinal));
    }

    /// <summary>Without the drain nothing of it would be there: the next commit is half an hour away.</summary>
    [Fact]
    public async Task A_stop_drains_and_ends_in_order()
    {
        var probe = new Probe((await fixture.FreshAsync()).BootstrapServers);
        await probe.CreateTopicsAsync(1, "in", "out");
        using var web = await WebProcess.StartAsync(
            fixture.BootstrapServers, $"{Section}:StoreBackend=InMemory", $"{Section}:Streams:CommitInterval=00:30:00");
        await web.UntilReadyAsync();
        probe.Produce("in", [.. Enumerable.Range(0, 100).Select(i => ("k", "v", 0L))]);
        await Until.TrueAsync(
            async () => (await web.AskAsync("/live")).Text.EndsWith("last record in-0 offset 99", StringComparison.Ordinal),
            "all are processed", () => web.Output);
        Assert.Equal(100, probe.Lag("web", "in"));

        var exitCode = await web.TerminateAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(0, probe.Lag("web", "in"));
        Assert.Equal("100"u8.ToArray(), Assert.Single(probe.ReadAll("out")).Message.Value);
    }

    /// <summary>A second signal is a nervous operator, or a script that signals the group too.</summary>
    [Fact]
    public async Task A_second_signal_does_not_cut_the_drain()
    {
        var probe = new Probe((await fixture.FreshAsync()).BootstrapServers);
        await probe.CreateTopicsAsync(1, "in", "out");
        using var web = await WebProcess.StartAsync(
            fixture.BootstrapServers, $"{Section}:StoreBackend=InMemory", $"{Section}:Streams:CommitInterval=00:30:00", "Pause=2000");
        await web.UntilReadyAsync();
        probe.Produce("in", [.. Enumerable.Range(0, 100).Select(i => ("k", "v", 0L))]);
        await Until.TrueAsync(
            async () => (await web.AskAsync("/live")).Text.Contains("last record in-0 offset", StringComparison.Ordinal),
            "one is processed", () => web.Output);

        await web.SignalAsync();
        var exitCode = await web.TerminateAsync();

        Assert.Equal(0, exitCode);
        Assert.InRange(probe.Lag("web", "in"), 1, 99);
        Assert.Single(probe.ReadAll("out"));
    }

    [Fact]
    public async Task A_drain_that_the_hosts_timeout_cuts_is_told_and_costs_nothing_but_a_repetition()
    {
        var probe = new Probe((await fixture.FreshAsync()).BootstrapServers);
        await probe.CreateTopicsAsync(1, "in", "out");
        string[] settings = [$"{Section}:StoreBackend=InMemory", $"{Section}:Streams:CommitInterval=00:30:00"];
        using (var web = await WebProcess.StartAsync(
            fixture.BootstrapServers, [.. settings, "Pause=600000", "Host:ShutdownTimeout=00:00:01"]))
        {
            await web.UntilReadyAsync();
            probe.Produce("in", ("k", "v", 0L));
            await web.UntilSaysAsync("handed over: v");

            Assert.Equal(0, await web.TerminateAsync());
            Assert.Contains("did not stop within the host's shutdown timeout", web.Output, StringComparison.Ordinal);
        }

        using var next = await WebProcess.StartAsync(fixture.BootstrapServers, settings);
        await next.UntilSaysAsync("handed over: v");
        Assert.Equal(0, await next.TerminateAsync());
        Assert.Equal("1"u8.ToArray(), Assert.Single(probe.ReadAll("out")).Message.Value);
    }

    /// <summary>One instance after the other, as docs/guide/operating.md says; records come all the while.</summary>
    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_rolling_update_loses_no_record_and_does_not_stop_the_others(ProcessingGuarantee guarantee)
    {
        var probe = new Probe((await fixture.FreshAsync()).BootstrapServers);
        await probe.CreateTopicsAsync(4, "in", "out");
        using var folders = new TempFolder();
        using var load = new SteadyLoad(probe);
        var instances = new List<WebProcess>();
        try
        {
            foreach (var name in (string[])["a", "b"])
            {
                instances.Add(await StartAsync(guarantee, folders, name));
                await instances[^1].UntilReadyAsync();
            }

            foreach (var (i, name) in ((string[])["a", "b"]).Index())
            {
                Assert.Equal(0, await instances[i].TerminateAsync());
                var results = probe.ReadAll("out").Count;
                await Until.TrueAsync(() => probe.ReadAll("out").Count > results, "the other one works on", () => instances[1 - i].Output);
                instances.Add(instances[i]);
                instances[i] = await StartAsync(guarantee, folders, name);
                await instances[i].UntilReadyAsync();
            }

            var sent = load.Stop();
            await Until.TrueAsync(() => probe.Lag("web", "in") == 0, "no lag", () => string.Join('\n', instances.Select(w => w.Output)));
            Assert.All(instances.Take(2), web => Assert.Equal(0, web.TerminateAsync().Result));
            AssertComplete(probe, sent, guarantee);
            Assert.All(instances, web => Assert.DoesNotContain(" fail: ", web.Output, StringComparison.Ordinal));
        }
        finally
        {
            instances.ForEach(web => web.Dispose());
        }
    }

    /// <summary>Every count from 1 to the last is there; with exactly-once each of them once and in order.</summary>
    private static void AssertComplete(Probe probe, Dictionary<string, int> sent, ProcessingGuarantee guarantee)
    {
        var counts = probe.ReadAll("out")
            .GroupBy(r => Encoding.UTF8.GetString(r.Message.Key), r => int.Parse(r.Message.Value, CultureInfo.InvariantCulture))
            .ToDictionary(g => g.Key, g => g.ToList());
        Assert.True(sent.Values.Sum() > 100, $"Only {sent.Values.Sum()} records were sent.");
        Assert.Equal(sent.Keys.Order(), counts.Keys.Order());
        foreach (var (key, count) in sent)
        {
            var expected = Enumerable.Range(1, count);
            Assert.Equal(expected, guarantee == ProcessingGuarantee.ExactlyOnce ? counts[key] : counts[key].Distinct().Order());
        }
    }

    private Task<WebProcess> StartAsync(ProcessingGuarantee guarantee, TempFolder folders, string name) => WebProcess.StartAsync(
        fixture.BootstrapServers,
        $"{Section}:Streams:ProcessingGuarantee={guarantee}",
        $"{Section}:Streams:CommitInterval=00:00:00.2",
        $"{Section}:Streams:CacheMaxBytes=0",
        $"{Section}:Streams:StateDirectory={Path.Combine(folders.Path, name)}");

    /// <summary>Sends a record of one key after the other until it is stopped.</summary>
    private sealed class SteadyLoad : IDisposable
    {
        private const int Keys = 8;
        private readonly CancellationTokenSource _stopping = new();
        private readonly Dictionary<string, int> _sent = [];
        private readonly Task _sending;

        public SteadyLoad(Probe probe) => _sending = Task.Run(async () =>
        {
            using var producer = probe.Producer();
            for (var i = 0; !_stopping.IsCancellationRequested; i++)
            {
                var key = $"k{i % Keys}";
                await producer.ProduceAsync("in", new() { Key = key, Value = "v"u8.ToArray() });
                _sent[key] = _sent.GetValueOrDefault(key) + 1;
                await Task.Delay(20);
            }
        });

        public Dictionary<string, int> Stop()
        {
            _stopping.Cancel();
            _sending.GetAwaiter().GetResult();
            return _sent;
        }

        public void Dispose()
        {
            Stop();
            _stopping.Dispose();
        }
    }
}
