namespace StreamFlow.Tests.Runtime;

/// <summary>Topics that an application writes to: missing at the start, deleted and made anew while it runs.</summary>
public sealed class OutputTopicsTests
{
    [Fact]
    public async Task Missing_ones_fail_the_start_are_named_and_nothing_is_created()
    {
        await using var harness = new AppHarness(("in", 2));
        var application = harness.Create(CountingApplication.Build, o => o.DeadLetterTopic = "dead");

        var error = await Assert.ThrowsAsync<TopologyException>(() => application.StartAsync());

        Assert.Contains("'dead' (the DeadLetterTopic), 'out' do not exist", error.Message, StringComparison.Ordinal);
        Assert.Contains("MissingOutputTopics", error.Message, StringComparison.Ordinal);
        Assert.Equal(StreamsState.Error, application.State);
        Assert.Equal(["in"], harness.Kafka.Topics);
    }

    [Fact]
    public async Task Missing_ones_are_created_when_that_is_asked_for()
    {
        await using var harness = new AppHarness(("in", 2));

        await harness.StartAsync(CountingApplication.Build, o =>
        {
            CountingApplication.ExactlyOnce(o);
            o.DeadLetterTopic = "dead";
            o.MissingOutputTopics = MissingTopicResponse.Create;
        });
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        Assert.Equal(["app-counts-changelog", "dead", "in", "out"], harness.Kafka.Topics);
    }

    [Fact]
    public async Task A_missing_one_that_may_be_missing_is_a_problem_until_it_is_there_and_then_used()
    {
        await using var harness = new AppHarness(("in", 2));
        var application = await harness.StartAsync(b => b.Stream<string, string>("in").To("out"), o =>
        {
            o.MissingOutputTopics = MissingTopicResponse.Continue;
            o.ProductionErrors = ErrorResponse.Continue;
            o.ClusterCheckInterval = TimeSpan.FromMilliseconds(20);
        });
        await AppHarness.Until(() => application.Status.Problems.Count == 1, "the problem is told");
        Assert.Contains("The output topic 'out' does not exist", application.Status.Problems[0], StringComparison.Ordinal);

        harness.Kafka.CreateTopic("out", 2);
        await AppHarness.Until(() => application.Status.Problems.Count == 0, "the problem is gone");
        harness.Send("in", 0, "k", "after");

        await AppHarness.Until(() => harness.Values("out").Contains("after"), "the record behind it");
    }

    [Fact]
    public async Task One_that_is_deleted_is_a_problem_until_it_is_back()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var topics = new ChangedTopics(harness.Kafka);
        var application = await StartAsync(harness, topics);

        topics.Topic = topic => topic.Name == "out" ? null : topic;
        await AppHarness.Until(() => application.Status.Problems.Count == 1, "the problem is told");
        Assert.Contains("The output topic 'out' does not exist", application.Status.Problems[0], StringComparison.Ordinal);

        topics.Topic = topic => topic;
        await AppHarness.Until(() => application.Status.Problems.Count == 0, "the problem is gone");
        Assert.Equal(StreamsState.Running, application.State);
    }

    [Fact]
    public async Task One_that_is_made_anew_is_told()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var topics = new ChangedTopics(harness.Kafka);
        var log = new ListLogger();
        var application = await StartAsync(harness, topics, log: log);

        topics.Topic = topic => topic.Name == "out" ? topic with { Id = "other" } : topic;
        await AppHarness.Until(
            () => log.Messages.Any(m => m.Contains("The output topic out was deleted and made anew", StringComparison.Ordinal)),
            "the message");

        Assert.Equal(StreamsState.Running, application.State);
    }

    [Theory]
    [InlineData("in", false, "'in' does not exist any more")]
    [InlineData("out", false, "'out' does not exist any more")]
    [InlineData("in", true, "'in' was deleted and made anew")]
    [InlineData("out", true, "'out' was deleted and made anew")]
    public async Task By_the_policy_to_fail_the_application_ends(string name, bool isBack, string told)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var topics = new ChangedTopics(harness.Kafka);
        var application = await StartAsync(harness, topics, DeletedTopicResponse.Fail);

        topics.Topic = topic => topic.Name != name ? topic : isBack ? topic with { Id = "other" } : null;
        await AppHarness.Until(() => application.State == StreamsState.Error, "the application ends");

        Assert.Contains(told, Assert.IsType<TopologyException>(application.Status.Error).Message, StringComparison.Ordinal);
    }

    private static async Task<StreamsApplication> StartAsync(
        AppHarness harness, ChangedTopics topics, DeletedTopicResponse policy = DeletedTopicResponse.Continue, ListLogger? log = null)
    {
        var application = await harness.StartAsync(
            b => b.Stream<string, string>("in").To("out"),
            o =>
            {
                o.DeletedTopics = policy;
                o.ClusterCheckInterval = TimeSpan.FromMilliseconds(20);
            },
            log is null ? null : new StreamsServices { Logging = log },
            topics);
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        return application;
    }
}
