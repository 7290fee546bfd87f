using System.Globalization;
using System.Net;
using System.Text.Json;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Stores are listed and read as the application has them.</summary>
public sealed class StoresTests
{
    private const string Path = $"applications/{PageHost.Application}";

    [Fact]
    public async Task Rows_are_those_that_were_counted_page_by_page_and_by_key_range_and_prefix()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        await host.ProduceOrdersAsync(1000);
        await host.UntilAsync($"{Path}/stores/counts/rows?query=key&key=c0", r =>
            r.GetProperty("rows").GetArrayLength() == 1 && r.GetProperty("rows")[0].GetProperty("value").GetProperty("text").GetString() == "200");
        await host.UntilAsync($"{Path}/stores/counts/rows?query=all", r => r.GetProperty("rows").EnumerateArray()
            .Sum(row => long.Parse(row.GetProperty("value").GetProperty("text").GetString()!, CultureInfo.InvariantCulture)) == 1000);

        var paged = new List<string?>();
        string? page = null;
        do
        {
            var rows = await host.GetAsync($"{Path}/stores/counts/rows?query=all&limit=2{(page is null ? "" : "&page=" + page)}");
            Assert.True(rows.GetProperty("complete").GetBoolean());
            paged.AddRange(rows.GetProperty("rows").EnumerateArray().Select(r => r.GetProperty("key").GetProperty("text").GetString()));
            page = rows.GetProperty("nextPage").GetString();
        }
        while (page is not null);

        Assert.Equal(["c0", "c1", "c2", "c3", "c4"], paged.Order());
        Assert.Equal(["c1", "c2"], await KeysAsync("query=range&from=c1&to=c2"));
        Assert.Equal(["c3", "c4"], await KeysAsync("query=range&from=c3"));
        Assert.Equal(5, (await KeysAsync("query=prefix&prefix=c")).Count());

        var store = (await host.UntilAsync($"{Path}/stores", s => Counts(s).GetProperty("entries") is { ValueKind: JsonValueKind.Number } entries && entries.GetInt64() == 5));
        store = Counts(store);
        Assert.Equal("keyValue", store.GetProperty("kind").GetString());
        Assert.Equal("String", store.GetProperty("keyType").GetString());
        Assert.Equal("Int64", store.GetProperty("valueType").GetString());
        Assert.Equal(5, store.GetProperty("entries").GetInt64());
        Assert.InRange(store.GetProperty("cacheBytes").GetInt64(), 5, 100_000);
        Assert.Equal([0, 1], store.GetProperty("partitions").EnumerateArray().Select(p => p.GetInt32()).Order());
        Assert.Equal(["key", "range", "prefix", "all"], store.GetProperty("queries").EnumerateArray().Select(q => q.GetString()));

        static JsonElement Counts(JsonElement stores) =>
            stores.GetProperty("stores").EnumerateArray().Single(s => s.GetProperty("name").GetString() == "counts");

        async Task<IEnumerable<string?>> KeysAsync(string query) =>
            (await host.GetAsync($"{Path}/stores/counts/rows?{query}")).GetProperty("rows").EnumerateArray()
                .Select(r => r.GetProperty("key").GetProperty("text").GetString()).Order();
    }

    [Theory]
    [InlineData("counts/rows?query=key", HttpStatusCode.BadRequest, "key is missing")]
    [InlineData("counts/rows?query=window", HttpStatusCode.BadRequest, "query is 'window'")]
    [InlineData("counts/rows?limit=0", HttpStatusCode.BadRequest, "from 1 to 500")]
    [InlineData("counts/rows?page=x", HttpStatusCode.BadRequest, "nextPage")]
    [InlineData("other/rows", HttpStatusCode.NotFound, "no store 'other'")]
    public async Task Mistakes_are_told(string query, HttpStatusCode status, string told)
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();

        using var response = await host.Client.GetAsync(new Uri($"/streamflow/api/v1/{Path}/stores/{query}", UriKind.Relative));

        Assert.Equal(status, response.StatusCode);
        var problem = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Contains(told, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
