using System.Globalization;
using System.Text;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Engine;

/// <summary>State on disk that belongs to another cluster, or to another kind of store.</summary>
public abstract class StateIdentityTests(ClusterFixture fixture)
{
    private const string In = "in";
    private const string Out = "out";

    /// <summary>
    /// The cluster is made anew, another instance counts there, and one with its state of before comes back: its offset fits
    /// the new changelog by chance.
    /// </summary>
    [SkippableTheory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task State_of_a_cluster_that_was_made_anew_is_dropped_and_rebuilt(ProcessingGuarantee guarantee)
    {
        using var former = new TempFolder();
        using var other = new TempFolder();
        var setup = Setup(former, guarantee);
        await using (var harness = await PrepareAsync())
        {
            await CountAsync(harness, setup, "v0", "v1", "v0", "v1", "v0", "v1");
            Assert.Equal(["v0=1", "v0=2", "v0=3", "v1=1", "v1=2", "v1=3"], Results(harness));
        }

        await using var again = await PrepareAsync();
        await CountAsync(again, Setup(other, guarantee), "v0", "x", "x", "x", "x", "x", "x", "x", "x");
        await CountAsync(again, setup, "v0", "v1");

        Assert.Equal(["v0=1", "v0=2", "v1=1"], Results(again).Where(r => !r.StartsWith('x')));
        Assert.Contains(again.Log, l => l.Contains("the local state of store counts is that of 'app-counts-changelog'", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_topic_that_is_deleted_and_made_anew_is_read_from_its_beginning_by_an_application_that_comes_back()
    {
        using var folder = new TempFolder();
        await using var harness = await PrepareAsync();
        await CountAsync(harness, Setup(folder), "v0", "v0", "v0");

        await harness.Probe.DeleteTopicsAsync(In);
        await harness.Probe.CreateTopicsAsync(1, In);
        await CountAsync(harness, Setup(folder), "v1", "v1", "v1", "v1");

        Assert.Equal(["v1=1", "v1=2", "v1=3", "v1=4"], Results(harness).Where(r => r.StartsWith("v1", StringComparison.Ordinal)));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_is_something_else_now_is_named_with_the_choices(bool onDisk)
    {
        using var folder = new TempFolder();
        var setup = onDisk ? Setup(folder) : new Setup();
        await using var harness = await PrepareAsync();
        await CountAsync(harness, setup, "a word that is long enough to pass for a window", "v0");
        var refused = await Assert.ThrowsAsync<TopologyException>(() => harness.Create(Windows, setup).StartAsync());
        Assert.Contains("made for a store without windows, and the store is one with windows now", refused.Message, StringComparison.Ordinal);

        // Whoever takes the policy for the matter is told all the same.
        await harness.Probe.SetConfigAsync("app-counts-changelog", "cleanup.policy", "compact,delete");
        var application = harness.Create(Windows, setup);
        await application.StartAsync();
        await Until.TrueAsync(() => application.State == StreamsState.Error, "the error", () => harness.LogText);

        var error = Assert.IsType<StateStoreException>(application.Status.Error);
        Assert.Contains("Store 'counts' was a key-value store, now tumbling windows of 5 min.", error.Message, StringComparison.Ordinal);
        Assert.Contains("another name", error.Message, StringComparison.Ordinal);
    }

    private static void Counts(StreamsBuilder builder) => builder.Stream<string, string>(In)
        .GroupByKey()
        .Count(new() { Name = "counts" })
        .ToStream()
        .MapValues((k, v) => string.Create(CultureInfo.InvariantCulture, $"{k}={v}"))
        .To(Out);

    private static void Windows(StreamsBuilder builder) => builder.Stream<string, string>(In)
        .GroupByKey()
        .WindowedBy(TumblingWindows.Of(TimeSpan.FromMinutes(5), TimeSpan.FromHours(1)))
        .Count(new() { Name = "counts" })
        .ToStream()
        .Map((k, v) => (k.Key, string.Create(CultureInfo.InvariantCulture, $"{k.Key}={v}")))
        .To(Out);

    private static Setup Setup(TempFolder folder, ProcessingGuarantee guarantee = ProcessingGuarantee.AtLeastOnce) => new()
    {
        StateDirectory = folder.Path,
        Configure = options =>
        {
            options.ProcessingGuarantee = guarantee;
            options.CacheMaxBytes = 0;
        },
    };

    private static async Task CountAsync(EngineHarness harness, Setup setup, params string[] words)
    {
        harness.Probe.Produce(In, [.. words.Select((word, i) => (word, word, 1000L + i))]);
        var application = await harness.StartAsync(Counts, setup);
        await harness.UntilRunningAsync(application);
        await harness.UntilNoLagAsync(setup.Id, In);
        await application.StopAsync();
        Assert.Null(application.Status.Error);
    }

    private static List<string> Results(EngineHarness harness) =>
        [.. harness.Probe.ReadAll(Out).Select(r => Encoding.UTF8.GetString(r.Message.Value)).Order(StringComparer.Ordinal)];

    private async Task<EngineHarness> PrepareAsync()
    {
        var harness = new EngineHarness(await fixture.FreshAsync());
        await harness.Probe.CreateTopicsAsync(1, In, Out);
        return harness;
    }
}

[Collection(EmbeddedBrokerGroup.Name)]
public sealed class EmbeddedStateIdentityTests(EmbeddedFixture fixture) : StateIdentityTests(fixture);

[Collection(ApacheKafkaGroup.Name)]
public sealed class ApacheStateIdentityTests(ApacheFixture fixture) : StateIdentityTests(fixture);
