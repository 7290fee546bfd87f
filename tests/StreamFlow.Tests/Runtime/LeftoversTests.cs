namespace StreamFlow.Tests.Runtime;

/// <summary>What an application has made and does not use any more is named when it starts.</summary>
public sealed class LeftoversTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-test-").FullName;
    private readonly ListLogger _log = new();

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _log.Dispose();
    }

    /// <summary>The case of every day: somebody puts a filter before a count without a name.</summary>
    [Fact]
    public async Task An_operator_before_an_unnamed_store_is_told_in_one_warning()
    {
        await using var harness = NewHarness();
        await RunAsync(harness, b => Count(b.Stream<string, string>("in")));
        await RunAsync(harness, b => Count(b.Stream<string, string>("in")));
        Assert.Empty(Warnings);

        await RunAsync(harness, b => Count(b.Stream<string, string>("in").Filter((_, _) => true)));

        var warning = Assert.Single(Warnings);
        Assert.Contains("'app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-changelog'", warning, StringComparison.Ordinal);
        Assert.Contains("'app-KSTREAM-AGGREGATE-STATE-STORE-0000000002-repartition'", warning, StringComparison.Ordinal);
        Assert.Contains("the local stores 'KSTREAM-AGGREGATE-STATE-STORE-0000000002 of 1_0, 1_1'", warning, StringComparison.Ordinal);
        Assert.Contains("EnsureExplicitNames", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("STORE-0000000003", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Topics_of_others_and_those_of_the_user_are_none()
    {
        await using var harness = NewHarness();
        foreach (var topic in (string[])["other-counts-changelog", "app-orders", "application-counts-changelog", "app-out-changelog"])
        {
            harness.Kafka.CreateTopic(topic, 2);
        }

        await RunAsync(harness, b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "named" })
            .ToStream().MapValues(v => $"{v}").To("app-out-changelog"));
        await RunAsync(harness, b => b.Stream<string, string>("in").Filter((_, _) => true).GroupByKey().Count(new() { Name = "named" })
            .ToStream().MapValues(v => $"{v}").To("app-out-changelog"));

        Assert.Empty(Warnings);
    }

    private IReadOnlyList<string> Warnings =>
        [.. _log.Messages.Where(m => m.Contains("does not use", StringComparison.Ordinal))];

    private static AppHarness NewHarness() => new(("in", 2), ("out", 2));

    private static void Count(KStream<string, string> stream) =>
        stream.GroupBy((_, v) => v).Count().ToStream().MapValues(v => $"{v}").To("out");

    private async Task RunAsync(AppHarness harness, Action<StreamsBuilder> topology)
    {
        await using var application = await harness.StartAsync(
            topology, o => o.StateDirectory = _folder, new() { StoreBackend = new FolderStores(), Logging = _log });
        await AppHarness.Until(
            () => application.State == StreamsState.Running || application.Status.Error is not null, "it runs");
        Assert.True(application.Status.Error is null, application.Status.Error + string.Join('\n', _log.Messages));
        await application.StopAsync();
    }
}
