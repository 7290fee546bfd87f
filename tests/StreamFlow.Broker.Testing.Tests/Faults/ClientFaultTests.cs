using Confluent.Kafka;
using Confluent.Kafka.Admin;
using StreamFlow.Broker.Testing.Tests.Support;
using StreamFlow.Testing;

namespace StreamFlow.Broker.Testing.Tests.Faults;

/// <summary>Each fault, as a client of librdkafka meets it.</summary>
public sealed class ClientFaultTests : IDisposable
{
    private readonly TestBroker _broker = TestBroker.Start(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("orders")] });

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task An_error_that_passes_is_asked_again_about_and_had_no_effect()
    {
        BrokerFault fault = _broker.Faults.Fail(BrokerApi.Produce, BrokerError.NotLeaderOrFollower, new RequestMatch { Times = 2 });

        await Rdkafka.SendAsync(_broker, "orders", "one");

        Assert.True(fault.IsSpent);
        Assert.Equal(["one"], Rdkafka.ReadAll(_broker, "orders"));
    }

    [Fact]
    public async Task An_error_that_stays_is_what_the_client_reports()
    {
        _broker.Faults.Fail(BrokerApi.Produce, BrokerError.TopicAuthorizationFailed);

        ProduceException<string, string> refused =
            await Assert.ThrowsAsync<ProduceException<string, string>>(() => Rdkafka.SendAsync(_broker, "orders", "one"));

        Assert.Equal(ErrorCode.TopicAuthorizationFailed, refused.Error.Code);
        Assert.Empty(Rdkafka.ReadAll(_broker, "orders"));
    }

    [Fact]
    public async Task An_answer_that_is_lost_makes_a_duplicate_without_idempotence_and_none_with_it()
    {
        foreach (bool isIdempotent in new[] { false, true })
        {
            string topic = $"orders-{isIdempotent}";
            BrokerFault fault = _broker.Faults.Disconnect(BrokerApi.Produce, FaultMoment.AfterEffect);
            using IProducer<string, string> producer = Rdkafka.Producer(_broker, config => config.EnableIdempotence = isIdempotent);

            await producer.ProduceAsync(topic, new Message<string, string> { Value = "one" }).WaitAsync(Rdkafka.Deadline);

            Assert.Equal(1, fault.Hits);
            Assert.Equal(isIdempotent ? ["one"] : ["one", "one"], Rdkafka.ReadAll(_broker, topic));
        }
    }

    [Fact]
    public async Task An_answer_that_never_comes_is_waited_for_until_the_clients_own_timeout()
    {
        BrokerFault fault = _broker.Faults.DropAnswer(BrokerApi.Produce);
        using IProducer<string, string> producer = Rdkafka.Producer(_broker, static config =>
        {
            config.RequestTimeoutMs = 300;
            config.SocketTimeoutMs = 1000;
        });

        await producer.ProduceAsync("orders", new Message<string, string> { Value = "one" }).WaitAsync(Rdkafka.Deadline);

        Assert.Equal(1, fault.Hits);
        Assert.Equal(["one", "one"], Rdkafka.ReadAll(_broker, "orders"));
    }

    [Fact]
    public async Task A_connection_that_is_closed_before_the_request_leaves_nothing()
    {
        BrokerFault fault = _broker.Faults.Disconnect(BrokerApi.Produce, match: new RequestMatch { Nth = 2 });

        await Rdkafka.SendAsync(_broker, "orders", "one", "two");

        Assert.Equal(1, fault.Hits);
        Assert.Equal(["one", "two"], Rdkafka.ReadAll(_broker, "orders"));
    }

    [Fact]
    public async Task A_delay_lasts_until_the_clock_of_the_broker_is_moved()
    {
        VirtualTime clock = new(DateTimeOffset.UtcNow);
        await using TestBroker broker = TestBroker.Start(new EmbeddedBrokerOptions { TimeProvider = clock });
        BrokerFault fault = broker.Faults.Delay(BrokerApi.Produce, TimeSpan.FromHours(1));
        Task sent = Rdkafka.SendAsync(broker, "orders", "one");
        await Eventually.TrueAsync(() => fault.Hits == 1, "the request is held back");

        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.False(sent.IsCompleted);
        Assert.Equal(0, broker.Broker.Describe().Topics.Where(static topic => topic.Name == "orders").Sum(static topic => topic.Partitions[0].EndOffset));
        clock.Advance(TimeSpan.FromMinutes(1));

        await sent.WaitAsync(Rdkafka.Deadline);
    }

    [Fact]
    public async Task Only_requests_that_match_are_struck_and_a_fault_that_is_lifted_strikes_no_more()
    {
        List<BrokerRequest> seen = [];
        BrokerFault never = _broker.Faults.Fail(BrokerApi.Produce, BrokerError.KafkaStorageError, new RequestMatch { Topic = "others" });
        BrokerFault nobodys = _broker.Faults.Fail(BrokerApi.Produce, BrokerError.KafkaStorageError, new RequestMatch { ClientId = "nobody" });
        BrokerFault watched = _broker.Faults.Fail(BrokerApi.Produce, BrokerError.KafkaStorageError, new RequestMatch
        {
            Topic = "orders",
            ClientId = "rdkafka",
            When = request =>
            {
                seen.Add(request);
                return false;
            },
        });
        BrokerFault lifted = _broker.Faults.Fail(BrokerApi.Produce, BrokerError.KafkaStorageError, new RequestMatch { Times = int.MaxValue });
        lifted.Lift();

        await Rdkafka.SendAsync(_broker, "orders", "one");

        Assert.Equal([0, 0, 0, 0], new[] { never.Hits, nobodys.Hits, watched.Hits, lifted.Hits });
        BrokerRequest request = Assert.Single(seen);
        Assert.Equal((BrokerApi.Produce, "rdkafka"), (request.Api, request.ClientId));
        Assert.Equal(["orders"], request.Topics);
    }

    [Fact]
    public async Task The_fault_that_was_scripted_first_strikes_and_the_next_one_waits_for_the_next_request()
    {
        BrokerFault first = _broker.Faults.Fail(BrokerApi.Produce, BrokerError.NotEnoughReplicas);
        BrokerFault second = _broker.Faults.Fail(BrokerApi.Produce, BrokerError.TopicAuthorizationFailed);

        await Assert.ThrowsAsync<ProduceException<string, string>>(() => Rdkafka.SendAsync(_broker, "orders", "one"));

        Assert.Equal((1, 1), (first.Hits, second.Hits));
    }

    [Fact]
    public async Task A_group_gets_over_a_coordinator_that_is_not_there_and_a_commit_that_is_refused()
    {
        await Rdkafka.SendAsync(_broker, "orders", "one", "two");
        BrokerFault away = _broker.Faults.Fail(BrokerApi.FindCoordinator, BrokerError.CoordinatorNotAvailable, new RequestMatch { Times = 3 });
        BrokerFault refused = _broker.Faults.Fail(BrokerApi.OffsetCommit, BrokerError.GroupAuthorizationFailed);
        using IConsumer<string, string> consumer = Rdkafka.Consumer(_broker, static config => config.EnableAutoCommit = false);
        consumer.Subscribe("orders");

        Assert.Equal(["one", "two"], Rdkafka.Consume(consumer, 2));
        Assert.Equal(ErrorCode.GroupAuthorizationFailed, Assert.Throws<KafkaException>(() => consumer.Commit()).Error.Code);
        consumer.Commit();

        Assert.Equal((3, 1), (away.Hits, refused.Hits));
        Assert.Equal(2, consumer.Committed([new Confluent.Kafka.TopicPartition("orders", 0)], Rdkafka.Deadline).Single().Offset.Value);
    }

    [Fact]
    public async Task An_administrator_is_told_the_error_of_each_topic()
    {
        _broker.Faults.Fail(BrokerApi.CreateTopics, BrokerError.PolicyViolation, new RequestMatch { Topic = "b" });
        using IAdminClient admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _broker.BootstrapServers }).Build();

        CreateTopicsException refused = await Assert.ThrowsAsync<CreateTopicsException>(() => admin.CreateTopicsAsync(
            [new TopicSpecification { Name = "a", NumPartitions = 1 }, new TopicSpecification { Name = "b", NumPartitions = 1 }]));

        Assert.Equal([ErrorCode.PolicyViolation, ErrorCode.PolicyViolation], refused.Results.Select(static result => result.Error.Code));
        Assert.DoesNotContain(_broker.Broker.Describe().Topics, static topic => topic.Name is "a" or "b");
    }

    [Fact]
    public void A_script_that_cannot_mean_anything_is_refused()
    {
        Assert.Contains(
            "Heartbeat names no topics; leave Topic out",
            Assert.Throws<ArgumentException>(() => _broker.Faults.DropAnswer(BrokerApi.Heartbeat, new RequestMatch { Topic = "orders" })).Message,
            StringComparison.Ordinal);
        Assert.Contains("4711 is no API", Assert.Throws<ArgumentException>(() => _broker.Faults.DropAnswer((BrokerApi)4711)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => _broker.Faults.Delay(BrokerApi.Fetch, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => _broker.Faults.DropAnswer(BrokerApi.Fetch, new RequestMatch { Nth = 0 }));
    }
}
