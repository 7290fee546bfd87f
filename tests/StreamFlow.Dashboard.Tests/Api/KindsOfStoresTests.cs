using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Dashboard.Tests.Support;
using StreamFlow.Hosting;
using StreamFlow.State;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Windows, sessions, versions and keys that are no texts are read by their kind.</summary>
public sealed class KindsOfStoresTests
{
    private const string Name = "kinds";

    [Fact]
    public async Task Each_kind_answers_its_own_questions()
    {
        await using var host = await PageHost.StartAsync(configure: builder =>
        {
            builder.Services.AddStreamFlow(Name, (topology, _) => Describe(topology), options =>
            {
                options.Streams.CommitInterval = TimeSpan.FromMilliseconds(200);
                options.StoreBackend = StoreBackend.InMemory;
            });
        });
        await host.UntilAsync($"applications/{Name}", o => o.GetProperty("phase").GetString() == "running");
        await host.ProduceAsync([("7", "first"), ("7", "second"), ("8", "other")], "letters");

        var key = await host.UntilAsync($"applications/{Name}/stores/by-number/rows?query=key&key=7", r =>
            r.GetProperty("rows").GetArrayLength() == 1 && r.GetProperty("rows")[0].GetProperty("value").GetProperty("text").GetString() == "2");
        Assert.Equal("Int32", key.GetProperty("rows")[0].GetProperty("key").GetProperty("type").GetString());
        var window = (await host.UntilAsync($"applications/{Name}/stores/windowed/rows?query=window&key=7", r =>
            r.GetProperty("rows").GetArrayLength() == 1)).GetProperty("rows")[0];
        Assert.Equal(
            TimeSpan.FromHours(1),
            window.GetProperty("windowEnd").GetDateTimeOffset() - window.GetProperty("windowStart").GetDateTimeOffset());
        await host.UntilAsync($"applications/{Name}/stores/sessions/rows?query=session", r => r.GetProperty("rows").GetArrayLength() == 2);

        using var wrong = await host.Client.GetAsync(new Uri($"/streamflow/api/v1/applications/{Name}/stores/by-number/rows?query=key&key=seven", UriKind.Relative));
        Assert.Contains("key is 'seven'; it is to be a whole number of type Int32", System.Text.Json.JsonDocument.Parse(await wrong.Content.ReadAsStringAsync()).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            ["keyValue", "session", "window"],
            (await host.GetAsync($"applications/{Name}/stores")).GetProperty("stores").EnumerateArray().Select(s => s.GetProperty("kind").GetString()).Order());
    }

    private static void Describe(StreamsBuilder topology)
    {
        var numbers = topology.Stream<string, string>("letters").GroupBy((key, _) => int.Parse(key, CultureInfo.InvariantCulture));
        numbers.Count(new() { Name = "by-number" });
        numbers.WindowedBy(TumblingWindows.Of(TimeSpan.FromHours(1), TimeSpan.Zero)).Count(new() { Name = "windowed" });
        numbers.WindowedBy(SessionWindows.Of(TimeSpan.FromMinutes(5), TimeSpan.Zero)).Count(new() { Name = "sessions" });
    }
}
