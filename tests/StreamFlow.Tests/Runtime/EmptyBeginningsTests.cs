namespace StreamFlow.Tests.Runtime;

/// <summary>State that is gone while the positions stay is said: nothing fails, and results are wrong.</summary>
public sealed class EmptyBeginningsTests
{
    [Fact]
    public async Task A_store_without_what_its_input_had_before_is_told_once_in_log_and_status()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        Assert.Empty(await WarningsAsync(harness, "rows", new ListLogger(), records: 4));
        Assert.Empty(await WarningsAsync(harness, "rows", new ListLogger(), records: 0));

        // As after a reset that has left the topic of the table out: the changelog is another one, the positions are the same.
        var log = new ListLogger();
        var warning = Assert.Single(await WarningsAsync(harness, "others", log, records: 0));

        Assert.StartsWith("Store 'others' begins empty, for its changelog is new, but in-", warning, StringComparison.Ordinal);
        Assert.Contains("from 0 on, is in no row", warning, StringComparison.Ordinal);
        Assert.Contains("--input-topics", warning, StringComparison.Ordinal);
        Assert.Single(log.Messages, message => message.Contains(warning, StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<string>> WarningsAsync(AppHarness harness, string store, ListLogger log, int records)
    {
        var application = await harness.StartAsync(
            builder => builder.Table<string, string>("in", materialized: new() { Name = store })
                .ToStream().To("out"),
            services: new StreamsServices { Logging = log });
        for (var i = 0; i < records; i++)
        {
            harness.Send("in", i % 2, $"k{i}", "v");
        }

        await AppHarness.Until(
            () => application.State == StreamsState.Running && harness.Values("out").Count >= records, "the rows, and all tasks");
        await application.StopAsync();
        return application.Status.Warnings;
    }
}
