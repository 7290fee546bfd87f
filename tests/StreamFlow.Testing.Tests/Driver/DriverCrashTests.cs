using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>What a crash loses and what it must not, under both guarantees.</summary>
public sealed class DriverCrashTests
{
    private static readonly StreamFlowOptions ExactlyOnce = new()
    {
        ApplicationId = "app", ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce, CacheMaxBytes = 0,
    };

    private static readonly StreamFlowOptions AtLeastOnce = new() { ApplicationId = "app", CacheMaxBytes = 0 };

    [Fact]
    public void Exactly_once_each_record_counts_once_although_the_process_is_killed_in_a_transaction()
    {
        using var driver = Counts(ExactlyOnce);
        var (input, output) = Topics(driver);
        input.PipeKeyValues([new("a", ""), new("a", "")]);
        driver.Commit();
        input.Pipe("a", "");
        Assert.Equal(["1", "2"], Values(output));

        driver.Crash();
        Assert.Empty(Values(output));
        driver.Commit();

        Assert.Equal(["3"], Values(output));
        Assert.Equal(["1", "2", "3"], Values(Topics(driver).Output));
        Assert.True(driver.GetKeyValueStore<string, long>("counts").TryGet("a", out var count));
        Assert.Equal(3, count);

        // The one that was aborted is in the log all the same.
        Assert.Equal(4, driver.Kafka.Read(new TopicPartition("out", 0), readCommitted: false).Count);
    }

    [Fact]
    public void At_least_once_results_after_the_last_commit_are_there_twice()
    {
        using var driver = Counts(AtLeastOnce);
        var (input, output) = Topics(driver);
        input.Pipe("a", "");
        driver.Commit();
        input.PipeKeyValues([new("a", ""), new("a", "")]);

        driver.Crash();

        Assert.Equal(["1", "2", "3", "2", "3"], Values(output));
        Assert.True(driver.GetKeyValueStore<string, long>("counts").TryGet("a", out var count));
        Assert.Equal(3, count);
    }

    [Fact]
    public void A_restart_in_order_commits_and_repeats_nothing()
    {
        using var driver = Counts(AtLeastOnce);
        var (input, output) = Topics(driver);
        input.PipeKeyValues([new("a", ""), new("a", "")]);

        driver.Restart();
        input.Pipe("a", "");

        Assert.Equal(["1", "2", "3"], Values(output));
        Assert.Equal(3, driver.Metrics.ProcessedRecords);
    }

    [Fact]
    public void What_waits_in_the_record_cache_is_lost_by_a_crash_and_made_again()
    {
        using var driver = Counts(new() { ApplicationId = "app" });
        var (input, output) = Topics(driver);
        input.PipeKeyValues([new("a", ""), new("a", "")]);
        Assert.Empty(Values(output));

        driver.Crash();
        Assert.Empty(Values(output));
        driver.Commit();

        Assert.Equal(["2"], Values(output));
        Assert.Equal(4, driver.Metrics.ProcessedRecords);
    }

    [Fact]
    public void Committing_each_record_leaves_a_crash_nothing_to_lose()
    {
        foreach (var application in new[] { ExactlyOnce, AtLeastOnce })
        {
            using var driver = new TopologyTestDriver(CountsTopology(), new() { Application = application });
            var (input, output) = Topics(driver);
            input.Pipe("a", "");
            driver.Crash(new() { LosesState = true });
            input.Pipe("a", "");

            Assert.Equal(["1", "2"], Values(output));
            Assert.Equal(2, driver.Metrics.ProcessedRecords);
        }
    }

    [Fact]
    public void A_transaction_is_committed_when_its_interval_is_over_on_the_wall_clock()
    {
        using var driver = Counts(ExactlyOnce);
        var (input, output) = Topics(driver);
        input.Pipe("a", "");

        driver.AdvanceWallClock(TimeSpan.FromMilliseconds(99));
        Assert.Empty(Values(output));
        driver.AdvanceWallClock(TimeSpan.FromMilliseconds(1));

        Assert.Equal(["1"], Values(output));
    }

    /// <summary>The broker would abort what is older than its timeout; an application has committed long before.</summary>
    [Fact]
    public void Hours_that_pass_at_once_do_not_run_into_the_timeout_of_a_transaction()
    {
        using var driver = Counts(ExactlyOnce);
        var (input, output) = Topics(driver);
        input.Pipe("a", "");

        driver.AdvanceWallClock(TimeSpan.FromHours(3));

        Assert.Equal(["1"], Values(output));
        Assert.Equal(1, driver.Metrics.ProcessedRecords);
        Assert.Single(driver.Kafka.Read(new TopicPartition("out", 0), readCommitted: false));
    }

    [Fact]
    public void What_is_sent_to_a_repartition_topic_goes_on_after_its_transaction()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").SelectKey((_, v) => v).GroupByKey().Count(new() { Name = "counts" })
            .ToStream().MapValues(Text).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { Application = ExactlyOnce, CommitsByInterval = true });
        var (input, output) = Topics(driver);
        input.PipeKeyValues([new("1", "a"), new("2", "a")]);

        Assert.Equal(2, driver.Metrics.ProcessedRecords);
        driver.AdvanceWallClock(TimeSpan.FromMilliseconds(100));
        Assert.Equal(4, driver.Metrics.ProcessedRecords);
        Assert.Empty(Values(output));
        driver.Commit();
        Assert.Equal(["1", "2"], Values(output));

        input.Pipe("3", "a");
        driver.Commit();
        Assert.Equal(["3"], Values(output));
    }

    [Fact]
    public void Readers_do_not_pass_over_an_open_transaction()
    {
        using var driver = Counts(ExactlyOnce);
        var (input, output) = Topics(driver);
        input.Pipe("a", "");
        driver.Kafka.Append(new TopicPartition("out", 0), "k"u8.ToArray(), "outside"u8.ToArray());

        Assert.Equal(0, output.Count);
        Assert.Empty(driver.ProducedTopics);
        driver.Commit();

        Assert.Equal(["1", "outside"], Values(output));
    }

    [Theory]
    [InlineData(ClientCall.CommitTransaction)]
    [InlineData(ClientCall.SendOffsetsToTransaction)]
    public void A_commit_whose_answer_is_lost_is_carried_through_as_in_production(ClientCall call)
    {
        using var driver = Counts(ExactlyOnce);
        var (input, output) = Topics(driver);
        driver.Kafka.Faults.LoseAnswer(call, KafkaErrorKind.Fatal);
        input.Pipe("a", "");
        driver.Commit();
        input.Pipe("a", "");
        driver.Commit();

        Assert.Equal(["1", "2"], Values(output));
    }

    [Fact]
    public void A_failure_that_always_comes_again_ends_the_call()
    {
        using var driver = Counts(ExactlyOnce);
        var (input, output) = Topics(driver);
        driver.Kafka.Faults.Fail(ClientCall.CommitTransaction, KafkaErrorKind.Abortable, new() { Times = int.MaxValue });
        input.Pipe("a", "");

        Assert.ThrowsAny<StreamsException>(driver.Commit);
        Assert.Empty(Values(output));
    }

    [Fact]
    public void An_application_that_has_failed_can_be_started_again()
    {
        var fails = true;
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").MapValues(v => v == "bad" && fails ? throw new InvalidOperationException("no") : v).To("out");
        using var driver = new TopologyTestDriver(builder.Build(), new() { Application = ExactlyOnce, CommitsByInterval = true });
        var (input, output) = Topics(driver);
        input.Pipe("k", "good");
        Assert.ThrowsAny<StreamsException>(() => input.Pipe("k", "bad"));
        Assert.Throws<InvalidOperationException>(() => input.Pipe("k", "more"));

        Assert.ThrowsAny<StreamsException>(() => driver.Restart());
        fails = false;
        driver.Restart();
        driver.Commit();

        Assert.Equal(["good", "bad"], Values(output));
    }

    [Fact]
    public void The_next_version_of_a_topology_goes_on_with_the_state_of_the_one_before()
    {
        using var driver = Counts(AtLeastOnce);
        var (input, output) = Topics(driver);
        input.Pipe("a", "");
        var next = new StreamsBuilder();
        var counts = next.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" });
        counts.ToStream().MapValues(c => "now " + Text(c)).To("out");
        next.Stream<string, string>("also-in").To("also-out");

        driver.Restart(new() { Topology = next.Build() });
        input.Pipe("a", "");
        driver.CreateInputTopic("also-in", Serdes.String, Serdes.String).Pipe("k", "v");

        Assert.Equal(["1", "now 2"], Values(output));
        Assert.Equal(1, driver.CreateOutputTopic("also-out", Serdes.String, Serdes.String).Count);
    }

    /// <summary>Nodes give up what they hold; a process that is killed sends nothing any more.</summary>
    [Fact]
    public void What_a_node_sends_when_it_closes_goes_nowhere_in_a_crash()
    {
        var farewell = new Farewell();
        using var driver = Closing(farewell, AtLeastOnce);
        var (input, output) = Topics(driver);
        input.Pipe("k", "v");
        driver.Commit();

        driver.Crash();
        driver.Commit();

        Assert.Equal(1, farewell.Closed);
        Assert.Equal(["v"], Values(output));
    }

    /// <summary>Whoever comes next fences the producer; the one that was killed has told the broker nothing.</summary>
    [Fact]
    public void A_crash_leaves_the_transaction_open()
    {
        var farewell = new Farewell();
        using var driver = Closing(farewell, ExactlyOnce);
        var (input, output) = Topics(driver);
        var kafka = driver.Kafka;
        long stable = -1;
        farewell.OnClose = () => stable = kafka.Offsets(new TopicPartition("out", 0)).LastStable;
        input.Pipe("k", "v");
        Assert.Equal(0, kafka.Offsets(new TopicPartition("out", 0)).LastStable);

        driver.Crash();

        Assert.Equal((1, 0), (farewell.Closed, stable));
        driver.Commit();
        Assert.Equal(["v"], Values(output));
    }

    private static TopologyTestDriver Closing(Farewell farewell, StreamFlowOptions application)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Process(() => new Closed(farewell)).To("out");
        return new TopologyTestDriver(builder.Build(), new() { Application = application, CommitsByInterval = true });
    }

    private sealed class Farewell
    {
        public int Closed { get; set; }

        public Action OnClose { get; set; } = () => { };
    }

    /// <summary>Sends something when it is closed.</summary>
    private sealed class Closed(Farewell farewell) : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record) => Context.Forward(record);

        public override void Close()
        {
            if (farewell.Closed++ == 0)
            {
                farewell.OnClose();
                Context.Forward(new Record<string, string>("k", "bye", 0));
            }
        }
    }

    private static TopologyTestDriver Counts(StreamFlowOptions application) =>
        new(CountsTopology(), new() { Application = application, CommitsByInterval = true });

    private static Topology CountsTopology()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream().MapValues(Text).To("out");
        return builder.Build();
    }

    private static string Text(long count) => count.ToString(CultureInfo.InvariantCulture);

    private static (TestInputTopic<string, string> Input, TestOutputTopic<string, string> Output) Topics(TopologyTestDriver driver) =>
        (driver.CreateInputTopic("in", Serdes.String, Serdes.String), driver.CreateOutputTopic("out", Serdes.String, Serdes.String));

    private static IEnumerable<string> Values(TestOutputTopic<string, string> topic) => topic.ReadAll().Select(r => r.Value);
}
