using System.Globalization;
using StreamFlow.Serialization;

namespace StreamFlow.Testing.Tests.Docs;

/// <summary>The snippets of docs/guide/testing.md, compiled and run.</summary>
public sealed class TestingGuideTests
{
    [Fact]
    public void Pipe_in_read_out()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, int>("payments")
            .Filter((account, cents) => cents >= 100)
            .MapValues(cents => cents / 100.0)
            .To("large-payments");

        using var driver = new TopologyTestDriver(builder.Build());
        var payments = driver.CreateInputTopic("payments", Serdes.String, Serdes.Int32);
        var large = driver.CreateOutputTopic("large-payments", Serdes.String, Serdes.Double);

        payments.Pipe("alice", 250);
        payments.Pipe("bob", 99);

        Assert.Equal(KeyValuePair.Create("alice", 2.5), large.ReadKeyValue());
        Assert.True(large.IsEmpty);
    }

    [Fact]
    public void Time()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("clicks").To("seen");
        using var driver = new TopologyTestDriver(builder.Build());
        var seen = driver.CreateOutputTopic("seen", Serdes.String, Serdes.String);

        var clicks = driver.CreateInputTopic(
            "clicks", Serdes.String, Serdes.String, start: 0, autoAdvance: TimeSpan.FromSeconds(10));
        clicks.Pipe("alice", "home");
        clicks.Pipe("alice", "cart");
        clicks.Pipe("bob", "late", timestamp: 5_000);

        Assert.Equal([0, 10_000, 5_000], seen.ReadAll().Select(record => record.Timestamp));
    }

    [Fact]
    public void Errors()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("amounts")
            .MapValues(amount => int.Parse(amount, CultureInfo.InvariantCulture))
            .To("cents");
        var topology = builder.Build();

        var options = new StreamFlowOptions
        {
            ApplicationId = "billing",
            DeadLetterTopic = "billing-dead",
            ProcessingErrorHandler = (in ErrorContext _) => ErrorResponse.DeadLetter,
        };
        using var driver = new TopologyTestDriver(topology, new() { Application = options });

        driver.CreateInputTopic("amounts", Serdes.String, Serdes.String).Pipe("alice", "not a number");

        Assert.Equal(1, driver.Metrics.DroppedRecords[DropReason.DeadLetter]);
        Assert.Equal([new DroppedRecords("KSTREAM-MAPVALUES-0000000001", DropReason.DeadLetter, 1)], driver.Metrics.Drops);
        var dead = driver.CreateOutputTopic("billing-dead", Serdes.String, Serdes.String).ReadRecord();
        Assert.Equal("not a number", dead.Value);
    }

    [Fact]
    public void Partitions()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("orders").To("out");
        var topology = builder.Build();

        using var driver = new TopologyTestDriver(
            topology, new() { Partitions = new Dictionary<string, int> { ["orders"] = 4 } });

        Assert.Equal(4, driver.Kafka.PartitionCount("orders"));
    }

    [Fact]
    public void State()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("logins").GroupByKey().Count(new() { Name = "logins-per-user" });

        using var driver = new TopologyTestDriver(builder.Build());
        driver.CreateInputTopic("logins", Serdes.String, Serdes.String)
            .PipeKeyValues([new("alice", "web"), new("alice", "app")]);

        Assert.True(driver.GetKeyValueStore<string, long>("logins-per-user").TryGet("alice", out var logins));
        Assert.Equal(2, logins);
    }

    [Fact]
    public void Commits_restarts_and_crashes()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("orders").GroupByKey().Count().ToStream().To("orders-per-customer");

        var options = new TopologyTestDriverOptions
        {
            CommitsByInterval = true,
            Application = new() { ApplicationId = "shop", ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce },
        };
        using var driver = new TopologyTestDriver(builder.Build(), options);
        var orders = driver.CreateInputTopic("orders", Serdes.String, Serdes.String);
        var totals = driver.CreateOutputTopic("orders-per-customer", Serdes.String, Serdes.Int64);

        orders.Pipe("alice", "book");
        Assert.True(totals.IsEmpty);

        driver.AdvanceWallClock(TimeSpan.FromMilliseconds(100));
        Assert.Equal(KeyValuePair.Create("alice", 1L), totals.ReadKeyValue());

        orders.Pipe("alice", "lamp");
        driver.Crash();
        driver.Commit();
        Assert.Equal(KeyValuePair.Create("alice", 2L), totals.ReadKeyValue());      // each order counts once

        driver.Restart(new() { LosesState = true });
        orders.Pipe("alice", "chair");
        driver.Commit();
        Assert.Equal(KeyValuePair.Create("alice", 3L), totals.ReadKeyValue());      // from the changelog
    }

    [Fact]
    public void Faults()
    {
        var kafka = new InMemoryKafka();
        kafka.Faults.Fail(ClientCall.CommitOffsets, KafkaErrorKind.Retriable, new() { Nth = 3 });
        kafka.Faults.LoseAnswer(ClientCall.CommitTransaction, KafkaErrorKind.Retriable);

        Assert.Empty(kafka.Topics);
    }
}
