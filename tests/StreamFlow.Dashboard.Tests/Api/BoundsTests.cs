using System.Net;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Dashboard.Tests.Support;
using StreamFlow.Hosting;
using StreamFlow.Serialization;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>However much there is, a request takes little of the application's memory and time.</summary>
public sealed class BoundsTests
{
    [Fact]
    public void A_search_keeps_the_newest_and_no_more_of_them_than_is_shown()
    {
        var newest = new NewestRecords(10, long.MaxValue);
        for (var i = 0; i < 1000; i++)
        {
            newest.Add(RecordOf(i, new string('é', 100_000)));
        }

        Assert.Equal(Enumerable.Range(990, 10).Reverse().Select(i => (long)i), newest.ToList().Select(r => r.Offset));
        Assert.True(newest.Bytes <= 10 * (Texts.BytesNeeded + 10), $"{newest.Bytes} bytes");
        var shown = newest.ToList()[0].ToModel().Value;
        Assert.Equal(((long?)200_000, true, 4096, "text"), (shown.Bytes, shown.Cut, shown.Text!.Length, shown.Type));
        Assert.Equal(shown, Texts.OfBytes(RecordOf(0, new string('é', 100_000)).Value));
    }

    [Fact]
    public void A_search_keeps_no_more_bytes_than_it_may()
    {
        var newest = new NewestRecords(500, 50_000);
        for (var i = 0; i < 1000; i++)
        {
            newest.Add(RecordOf(i, new string('v', 10_000)));
        }

        Assert.Equal([999L, 998, 997, 996], newest.ToList().Select(r => r.Offset));
        Assert.InRange(newest.Bytes, 1, 50_000);
    }

    [Fact]
    public async Task Rows_of_pages_before_are_not_made_into_anything_and_nobody_is_read_for_who_has_gone()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        await host.ProduceOrdersAsync(100);
        await host.UntilAsync($"applications/{PageHost.Application}/stores/counts/rows?query=all", r => r.GetProperty("rows").GetArrayLength() == 5);
        HostedApplication? found = null;
        host.Services.GetRequiredService<HostedApplications>().WhenMade(made => found = made);
        using var view = new HostedView(found!, null, TimeProvider.System);

        using var far = await host.Client.GetAsync(
            new Uri($"/streamflow/api/v1/applications/{PageHost.Application}/stores/counts/rows?page=2147483000", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, far.StatusCode);
        Assert.Contains("Ask for a range", await far.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Throws<OperationCanceledException>(() => RowsView.Of(
            view, "counts", new RowsQuery { Query = "all", Aborted = new CancellationToken(canceled: true) }, 50, "1"));
    }

    /// <summary>What was written by another version, most often.</summary>
    [Fact]
    public async Task A_row_that_its_serde_cannot_read_is_told_with_the_reason()
    {
        await using var host = await PageHost.StartAsync(configure: builder => builder.Services.AddStreamFlow(
            "broken",
            (topology, _) =>
            {
                topology.Serdes.Add(new OneWay());
                topology.Stream<string, string>("letters").GroupByKey().Aggregate(
                    () => new Odd("none"), (_, value, _) => new Odd(value), new() { Name = "one-way" });
            },
            options => options.StoreBackend = StoreBackend.InMemory));
        await host.UntilAsync("applications/broken", o => o.GetProperty("phase").GetString() == "running");
        await host.ProduceAsync([("k", "v")], "letters");
        using var limit = new CancellationTokenSource(PageHost.Deadline);
        var (status, text) = (HttpStatusCode.OK, string.Empty);
        while (status == HttpStatusCode.OK)
        {
            using var response = await host.Client.GetAsync(
                new Uri("/streamflow/api/v1/applications/broken/stores/one-way/rows", UriKind.Relative), limit.Token);
            (status, text) = (response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token));
        }

        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Contains("one-way", text, StringComparison.Ordinal);
    }

    private sealed record Odd(string Text);

    private sealed class OneWay : ISerde<Odd>
    {
        public void Serialize(Odd value, System.Buffers.IBufferWriter<byte> writer) => Serdes.String.Serialize(value.Text, writer);

        public Odd Deserialize(ReadOnlySpan<byte> data) => throw new FormatException("That is of another version.");
    }

    private static ReadRecord RecordOf(int offset, string value) =>
        new(new TopicPartition("t", 0), offset, offset, "k"u8.ToArray(), System.Text.Encoding.UTF8.GetBytes(value), Headers.Empty);
}
