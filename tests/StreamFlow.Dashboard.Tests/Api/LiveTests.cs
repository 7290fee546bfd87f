using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Dashboard.Tests.Support;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Pages are sent what changes, made once for all of them.</summary>
public sealed class LiveTests
{
    [Fact]
    public async Task A_page_gets_a_snapshot_and_then_what_changes()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        using var stream = new StreamReader(await host.Client.GetStreamAsync(
            new Uri($"/streamflow/api/v1/applications/{PageHost.Application}/live", UriKind.Relative)));

        var (name, first) = await ReadAsync(stream);
        Assert.Equal("snapshot", name);
        Assert.Equal(["figures", "overview", "stores", "tasks"], first.EnumerateObject().Select(p => p.Name).Order());
        var (second, delta) = await ReadAsync(stream);
        Assert.Equal("delta", second);
        Assert.True(delta.TryGetProperty("point", out _));
        Assert.True(delta.TryGetProperty("overview", out _));
        Assert.False(delta.TryGetProperty("topology", out _));
    }

    [Fact]
    public async Task Fifty_pages_are_one_publisher_that_stops_with_the_last()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var publisher = PublisherOf(host, time);
        using var leave = new CancellationTokenSource();
        var pages = Enumerable.Range(0, 50).Select(_ => publisher.WatchAsync(leave.Token).GetAsyncEnumerator(leave.Token)).ToList();
        foreach (var page in pages)
        {
            Assert.True(await page.MoveNextAsync());
        }

        Assert.Equal(50, publisher.Watchers);
        Assert.Equal(1, publisher.Frames);
        for (var second = 0; second < 5; second++)
        {
            var waiting = pages.ConvertAll(page => page.MoveNextAsync().AsTask());
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.All(await Task.WhenAll(waiting).WaitAsync(PageHost.Deadline), Assert.True);
            Assert.Equal(second + 2, publisher.Frames);
            var sent = pages[0].Current;
            Assert.All(pages, page => Assert.True(page.Current.Equals(sent), "The same bytes, not another serialisation."));
        }

        await leave.CancelAsync();
        foreach (var page in pages)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await page.MoveNextAsync());
            await page.DisposeAsync();
        }

        Assert.Equal(0, publisher.Watchers);
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(6, publisher.Frames);
    }

    [Fact]
    public async Task A_slow_page_is_sent_the_newest_whole()
    {
        await using var host = await PageHost.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var publisher = PublisherOf(host, time);
        await using var page = publisher.WatchAsync(default).GetAsyncEnumerator();
        Assert.True(await page.MoveNextAsync());

        for (var second = 0; second < 5; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(await page.MoveNextAsync());
        Assert.StartsWith("event: snapshot", System.Text.Encoding.UTF8.GetString(page.Current.Span), StringComparison.Ordinal);
        Assert.Contains(
            "\"now\":\"1970-01-01T00:00:05", System.Text.Encoding.UTF8.GetString(page.Current.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_that_cannot_be_looked_at_is_a_gap_and_one_that_takes_long_is_not_waited_for()
    {
        await using var host = await PageHost.StartAsync();
        var time = new FragileTime();
        using var publisher = PublisherOf(host, time);
        publisher.Tick();
        time.Failure = new InvalidOperationException("no time");
        publisher.Tick();
        time.Failure = null;
        publisher.Tick();
        var history = publisher.View.Collection.History.ToModel();
        Assert.Equal(3, history.In.Count);
        Assert.Null(history.P99Seconds[1]);
        Assert.Null(history.In[1]);

        using var gate = new ManualResetEventSlim();
        time.Gate = gate;
        var first = Task.Run(publisher.Tick);
        Assert.True(SpinWait.SpinUntil(() => time.IsHeld, PageHost.Deadline));
        await Task.Run(publisher.Tick).WaitAsync(PageHost.Deadline);
        gate.Set();
        await first.WaitAsync(PageHost.Deadline);
        Assert.Equal(4, publisher.View.Collection.History.ToModel().In.Count);
    }

    internal static Publisher PublisherOf(PageHost host, TimeProvider time)
    {
        HostedApplication? found = null;
        host.Services.GetRequiredService<HostedApplications>().WhenMade(made => found = made);
        return new Publisher(new HostedView(found!, null, time), NullLogger.Instance);
    }

    /// <summary>A clock that fails, or keeps whoever asks it waiting.</summary>
    private sealed class FragileTime : FakeTimeProvider
    {
        private volatile bool _isHeld;

        public Exception? Failure { get; set; }

        public ManualResetEventSlim? Gate { get; set; }

        public bool IsHeld => _isHeld;

        public override long GetTimestamp()
        {
            if (Gate is { } gate)
            {
                _isHeld = true;
                gate.Wait();
            }

            return Failure is null ? base.GetTimestamp() : throw Failure;
        }
    }

    private static async Task<(string Name, JsonElement Data)> ReadAsync(StreamReader stream)
    {
        while (true)
        {
            var line = await stream.ReadLineAsync().WaitAsync(PageHost.Deadline);
            if (line!.StartsWith("event: ", StringComparison.Ordinal))
            {
                var data = await stream.ReadLineAsync().WaitAsync(PageHost.Deadline);
                return (line["event: ".Length..], JsonDocument.Parse(data!["data: ".Length..]).RootElement);
            }
        }
    }
}
