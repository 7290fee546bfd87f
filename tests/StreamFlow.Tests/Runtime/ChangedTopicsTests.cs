using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>Topics of an application that runs are deleted, made anew or configured otherwise.</summary>
public sealed class ChangedTopicsTests
{
    [Fact]
    public async Task A_changelog_that_is_deleted_ends_the_application_and_is_named()
    {
        var error = await EndAsync(topics => topics.Topic =
            topic => topic.Name == CountingApplication.ChangelogTopic ? null : topic);

        Assert.Contains($"'{CountingApplication.ChangelogTopic}' was deleted while", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changelog_that_is_made_anew_ends_the_application_with_both_ids()
    {
        var error = await EndAsync(topics => topics.Topic =
            topic => topic.Name == CountingApplication.ChangelogTopic ? topic with { Id = "other" } : topic);

        Assert.Contains("made anew while the application ran", error, StringComparison.Ordinal);
        Assert.Contains("now other", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changelog_that_begins_to_lose_records_ends_the_application_at_the_next_rebalance()
    {
        var error = await EndAsync(topics => topics.Config =
            (_, config) => new Dictionary<string, string>(config) { ["cleanup.policy"] = "delete" });

        Assert.Contains("cleanup.policy=delete, but its use needs compact", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_seen_once_only_is_not_believed()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var topics = new ChangedTopics(harness.Kafka);
        var application = await StartAsync(harness, topics);
        var hidden = 2;
        topics.Topic = topic => topic.Name == CountingApplication.ChangelogTopic && hidden-- > 0 ? null : topic;
        await AppHarness.Until(() => hidden < 0, "it was looked at again");

        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
        Assert.Equal(StreamsState.Running, application.State);
        Assert.Empty(application.Status.Problems);
    }

    [Fact]
    public async Task A_source_topic_that_is_gone_is_a_problem_until_it_is_back()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var topics = new ChangedTopics(harness.Kafka);
        var log = new ListLogger();
        var application = await StartAsync(harness, topics, log);

        topics.Topic = topic => topic.Name == "in" ? null : topic;
        await AppHarness.Until(() => application.Status.Problems.Count == 1, "the problem is told");
        Assert.Contains("'in' does not exist any more", application.Status.Problems[0], StringComparison.Ordinal);
        Assert.Contains(log.Messages, m => m.Contains(application.Status.Problems[0], StringComparison.Ordinal));

        topics.Topic = topic => topic;
        await AppHarness.Until(() => application.Status.Problems.Count == 0, "the problem is gone");
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
    }

    [Fact]
    public async Task A_source_topic_that_is_made_anew_is_told_with_what_becomes_of_positions()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var topics = new ChangedTopics(harness.Kafka);
        var log = new ListLogger();
        var application = await StartAsync(harness, topics, log);

        topics.Topic = topic => topic.Name == "in" ? topic with { Id = "other" } : topic;
        await AppHarness.Until(
            () => log.Messages.Any(m => m.Contains("in was deleted and made anew", StringComparison.Ordinal)), "the message");

        Assert.Contains(log.Messages, m => m.Contains("--reset-offsets", StringComparison.Ordinal));
        Assert.Equal(StreamsState.Running, application.State);
    }

    /// <summary>Changes topics under a running application, and lets a guest make the group balance anew.</summary>
    private static async Task<string> EndAsync(Action<ChangedTopics> change)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var topics = new ChangedTopics(harness.Kafka);
        var application = await StartAsync(harness, topics);
        change(topics);
        harness.Kafka.ExpireMember("app-StreamThread-1-consumer");
        await AppHarness.Until(() => application.State == StreamsState.Error, "the application ends");
        return Assert.IsType<TopologyException>(application.Status.Error).Message;
    }

    private static async Task<StreamsApplication> StartAsync(AppHarness harness, IKafkaClients clients, ListLogger? log = null)
    {
        var application = await harness.StartAsync(
            CountingApplication.Build,
            o =>
            {
                CountingApplication.ExactlyOnce(o);
                o.ClusterCheckInterval = TimeSpan.FromMilliseconds(20);
            },
            log is null ? null : new StreamsServices { Logging = log },
            clients);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        return application;
    }
}
