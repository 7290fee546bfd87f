using Microsoft.Extensions.Time.Testing;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>What is measured of a whole process is measured while nothing else runs in it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>The page may be looked at for days.</summary>
[Collection(nameof(Alone))]
public sealed class MemoryTests
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
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await LookAsync(3600);

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown < 2_000_000, $"{grown} bytes more are alive after an hour of looking.");
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
