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
        Assert.Single(web.Lines, l => l.Contains($"no broker answers at {nobody}", StringComparison.Ordinal));
        Assert.DoesNotContain("librdkafka", web.Output, StringComparison.Ordinal);
    }

    /// <summary>Without the drain the commit, half an hour later, would not have been.</summary>
    [Fact]
    public async Task A_stop_drains_and_ends_in_order()
    {
        var probe = new Probe((await fixture.FreshAsync()).BootstrapServers);
        await probe.CreateTopicsAsync(2, "in", "out");
        using var web = await WebProcess.StartAsync(
            fixture.BootstrapServers, $"{Section}:StoreBackend=InMemory", $"{Section}:Streams:CommitInterval=00:30:00",
            $"{Section}:Streams:CacheMaxBytes=0");
        await web.UntilReadyAsync();
        probe.Produce("in", [.. Enumerable.Range(0, 100).Select(i => ($"k{i}", "v", 0L))]);
        await Until.TrueAsync(() => probe.ReadAll("out").Count == 100, "the results", () => web.Output);
        Assert.Equal(100, probe.Lag("web", "in"));

        var exitCode = await web.TerminateAsync();

        Assert.Equal(0, exitCode);
        Assert.Equal(0, probe.Lag("web", "in"));
        Assert.Equal(100, probe.ReadAll("out").Count);
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
    private static void AssertComplete(Probe probe, IReadOnlyDictionary<string, int> sent, ProcessingGuarantee guarantee)
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
            for (var i = 0; !_stopping.IsCancellationRequested; i++)
            {
                var key = $"k{i % Keys}";
                probe.Produce("in", (key, "v", 0L));
                _sent[key] = _sent.GetValueOrDefault(key) + 1;
                await Task.Delay(20);
            }
        });

        public IReadOnlyDictionary<string, int> Stop()
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
