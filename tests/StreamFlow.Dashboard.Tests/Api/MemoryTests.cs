using Microsoft.Extensions.Time.Testing;
using StreamFlow.Dashboard.Tests.Support;
using Xunit.Abstractions;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>What is measured of a whole process is measured while nothing else runs in it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>The page may be looked at for days.</summary>
[Collection(nameof(Alone))]
public sealed class MemoryTests(ITestOutputHelper output)
{
    [Fact]
    public async Task An_hour_of_looking_leaves_no_memory_behind()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        await host.ProduceOrdersAsync(100);
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        using var publisher = LiveTests.PublisherOf(host, time);
        await using var page = publisher.WatchAsync(default).GetAsyncEnumerator();
        await LookAsync(400);

        // Broker and application are in the process too, and what they grow by is not the page's: what leaks does so in every quarter.
        var (grown, before) = (new List<long>(), GC.GetTotalMemory(forceFullCollection: true));
        for (var quarter = 0; quarter < 4; quarter++)
        {
            await LookAsync(900);
            var now = GC.GetTotalMemory(forceFullCollection: true);
            grown.Add(now - before);
            before = now;
        }

        output.WriteLine($"Bytes more alive after each quarter of an hour: {string.Join(", ", grown)}");
        Assert.True(grown.Min() < 400_000, $"{string.Join(", ", grown)} bytes more are alive after each quarter of an hour of looking.");
        Assert.Equal(300, publisher.View.Collection.History.ToModel().In.Count);

        async Task LookAsync(int seconds)
        {
            for (var second = 0; second < seconds; second++)
            {
                Assert.True(await page.MoveNextAsync());
                time.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }
}
