using Confluent.Kafka;
using StreamFlow.Clients;
using StreamFlow.Kafka.Interop;
using StreamFlow.Kafka.Settings;

namespace StreamFlow.Kafka.Tests.Settings;

/// <summary>Which settings reach librdkafka.</summary>
public sealed class ClientSettingsTests
{
    private static readonly ConsumerRole Consumer = new("c", "g", "i", ReadCommitted: false, "latest");
    private static readonly ProducerRole Transactional = new("p", "tx", TimeSpan.FromSeconds(20));

    [Fact]
    public void Application_settings_stand_over_defaults_and_under_fixed_ones()
    {
        var options = new KafkaClientOptions
        {
            BootstrapServers = "b:1",
            Client = new Dictionary<string, string> { ["fetch.wait.max.ms"] = "7", ["security.protocol"] = "ssl" },
            Consumer = new Dictionary<string, string> { ["fetch.queue.backoff.ms"] = "9" },
        };
        var settings = Effective(ClientSettings.ForConsumer(options, Consumer));
        Assert.Equal("b:1", settings["bootstrap.servers"]);
        Assert.Equal("7", settings["fetch.wait.max.ms"]);
        Assert.Equal("9", settings["fetch.queue.backoff.ms"]);
        Assert.Equal("ssl", settings["security.protocol"]);
        Assert.Equal("c", settings["client.id"]);
        Assert.Equal("g", settings["group.id"]);
        Assert.Equal("i", settings["group.instance.id"]);
        Assert.Equal("read_uncommitted", settings["isolation.level"]);
        Assert.Equal("latest", settings["auto.offset.reset"]);
        Assert.Equal("cooperative-sticky", settings["partition.assignment.strategy"]);
    }

    [Fact]
    public void A_member_shows_its_mark_learns_of_added_partitions_and_is_missed_within_seconds()
    {
        var settings = Effective(ClientSettings.ForConsumer(
            new KafkaClientOptions { BootstrapServers = "b:1" }, Consumer with { Mark = "t1.2" }));

        Assert.Equal("c-t1.2", settings["client.id"]);
        Assert.Equal("10000", settings["topic.metadata.refresh.interval.ms"]);
        Assert.Equal("15000", settings["session.timeout.ms"]);
    }

    /// <summary>librdkafka refuses one that is longer than a transaction, and chooses one that is not.</summary>
    [Fact]
    public void A_connection_on_which_nothing_comes_is_given_up_after_half_a_minute_but_in_a_transaction_sooner()
    {
        var options = new KafkaClientOptions { BootstrapServers = "b:1" };

        Assert.Equal("30000", Effective(ClientSettings.ForConsumer(options, Consumer))["socket.timeout.ms"]);
        Assert.Equal("30000", Effective(ClientSettings.ForAdmin(options, "a"))["socket.timeout.ms"]);
        Assert.Equal(
            "30000", Effective(ClientSettings.ForProducer(options, Transactional with { TransactionalId = null }))["socket.timeout.ms"]);
        Assert.False(Effective(ClientSettings.ForProducer(options, Transactional)).ContainsKey("socket.timeout.ms"));
    }

    [Fact]
    public void A_producer_believes_brokers_that_a_topic_is_gone() => Assert.Equal(
        "2000",
        Effective(ClientSettings.ForProducer(new KafkaClientOptions { BootstrapServers = "b:1" }, Transactional))[
            "topic.metadata.propagation.max.ms"]);

    /// <summary>librdkafka's own ten seconds are how late a broker that is back would be noticed.</summary>
    [Fact]
    public void Every_client_tries_to_connect_once_a_second_unless_told_otherwise()
    {
        var options = new KafkaClientOptions { BootstrapServers = "b:1" };
        var slower = options with { Client = new Dictionary<string, string> { ["reconnect.backoff.max.ms"] = "5000" } };

        foreach (var (given, expected) in (ReadOnlySpan<(KafkaClientOptions, string)>)[(options, "1000"), (slower, "5000")])
        {
            Assert.Equal(expected, Effective(ClientSettings.ForConsumer(given, Consumer))["reconnect.backoff.max.ms"]);
            Assert.Equal(expected, Effective(ClientSettings.ForAdmin(given, "a"))["reconnect.backoff.max.ms"]);
            Assert.Equal(
                expected,
                Effective(ClientSettings.ForProducer(given, new ProducerRole("p", null, TimeSpan.Zero)))["reconnect.backoff.max.ms"]);
        }
    }

    [Fact]
    public void A_consumer_without_a_group_never_makes_questions_wait_for_records_unless_told_so()
    {
        var role = new ConsumerRole("r", null, null, ReadCommitted: true, "error");
        Assert.Equal("10", Effective(ClientSettings.ForConsumer(new KafkaClientOptions { BootstrapServers = "b:1" }, role))["fetch.wait.max.ms"]);

        var options = new KafkaClientOptions
        {
            BootstrapServers = "b:1",
            Consumer = new Dictionary<string, string> { ["fetch.wait.max.ms"] = "70" },
        };
        Assert.Equal("70", Effective(ClientSettings.ForConsumer(options, role))["fetch.wait.max.ms"]);
    }

    [Fact]
    public void Settings_of_Confluent_Kafka_pass_through()
    {
        var clients = new KafkaClients(new KafkaClientOptions
        {
            BootstrapServers = "localhost:1",
            Client = new ClientConfig
            {
                SecurityProtocol = SecurityProtocol.SaslPlaintext, SaslMechanism = SaslMechanism.Plain,
                SaslUsername = "me", SaslPassword = "secret",
            },
            Consumer = new ConsumerConfig { MaxPollIntervalMs = 60_000 },
            Producer = new ProducerConfig { CompressionType = CompressionType.Lz4, LingerMs = 1 },
        });
        Assert.NotNull(clients);
    }

    [Fact]
    public void Transactional_producer_takes_its_times_from_the_transaction()
    {
        var options = new KafkaClientOptions
        {
            BootstrapServers = "b:1",
            Producer = new Dictionary<string, string> { ["message.timeout.ms"] = "600000" },
        };
        var settings = Effective(ClientSettings.ForProducer(options, Transactional));
        Assert.Equal("tx", settings["transactional.id"]);
        Assert.Equal("20000", settings["transaction.timeout.ms"]);
        Assert.DoesNotContain("message.timeout.ms", settings.Keys);
        Assert.DoesNotContain("delivery.timeout.ms", settings.Keys);
        Assert.Equal("600000", Effective(
            ClientSettings.ForProducer(options, Transactional with { TransactionalId = null }))["message.timeout.ms"]);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(1_048_588, null)]
    [InlineData(100_000, "93750")]
    [InlineData(500, "16384")]
    public void Batches_are_as_small_as_the_topics_want_them(int? limit, string? expected)
    {
        var options = new KafkaClientOptions { BootstrapServers = "b:1" };
        var settings = Effective(ClientSettings.ForProducer(options, Transactional with { MaxBatchBytes = limit }));
        Assert.Equal(expected, settings.GetValueOrDefault("batch.size"));

        var own = options with { Producer = new Dictionary<string, string> { ["batch.size"] = "77" } };
        Assert.Equal("77", Effective(ClientSettings.ForProducer(own, Transactional with { MaxBatchBytes = limit }))["batch.size"]);
    }

    [Fact]
    public void Fixed_setting_is_refused_with_place_value_and_reason()
    {
        foreach (var name in FixedSettings.Reasons.Keys)
        {
            var error = Assert.Throws<ArgumentException>(() => new KafkaClients(new KafkaClientOptions
            {
                BootstrapServers = "localhost:1",
                Producer = new Dictionary<string, string> { [name] = "mine" },
            }));
            Assert.Contains($"Producer sets '{name}' to 'mine'", error.Message, StringComparison.Ordinal);
            Assert.Contains(FixedSettings.Reasons[name], error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void All_mistakes_are_listed_at_once()
    {
        var error = Assert.Throws<ArgumentException>(() => new KafkaClients(new KafkaClientOptions
        {
            BootstrapServers = "localhost:1",
            Client = new Dictionary<string, string> { ["no.such.setting"] = "1" },
            Consumer = new Dictionary<string, string> { ["session.timeout.ms"] = "soon" },
            Producer = new Dictionary<string, string> { ["linger.ms"] = "-5" },
        }));
        Assert.Contains("no.such.setting", error.Message, StringComparison.Ordinal);
        Assert.Contains("session.timeout.ms", error.Message, StringComparison.Ordinal);
        Assert.Contains("linger.ms", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What is suggested must be taken.</summary>
    [Fact]
    public void Every_name_that_may_be_suggested_is_one_that_the_library_knows()
    {
        var refused = ClientHandle.Check(SettingNames.Usual.Select(name => KeyValuePair.Create(name, "?")));

        Assert.DoesNotContain(refused, r => !r.IsKnown);
        Assert.DoesNotContain(SettingNames.Usual, FixedSettings.Reasons.ContainsKey);
    }

    [Theory]
    [InlineData("securityprotocol", "x", "Client sets 'securityprotocol', which is no setting of the client. Did you mean 'security.protocol'?")]
    [InlineData("a.b.c", "x", "Client sets 'a.b.c', which is no setting of the client. Remove it, or look")]
    [InlineData("linger.ms", "-5", "Client sets 'linger.ms' to '-5'; set it to 0 to 900000.")]
    [InlineData("ssl.key.pem", "secret", null)]
    [InlineData("sasl.jaas.config", "password=secret", "Client sets 'sasl.jaas.config' to a value, which it cannot be")]
    public void Refused_setting_is_told_in_the_names_that_the_user_wrote(string name, string value, string? says)
    {
        var complaints = new KafkaClientOptions
        {
            BootstrapServers = "b:1", Client = new Dictionary<string, string> { [name] = value },
        }.Validate();

        if (says is not null)
        {
            Assert.StartsWith(says, Assert.Single(complaints), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(complaints, c => c.Contains("secret", StringComparison.Ordinal));
    }

    /// <summary>A variable of the environment that is not there, for example.</summary>
    [Fact]
    public void A_value_that_is_null_is_refused() => Assert.Equal(
        ["Client sets 'client.rack' to null, with which it would be left at its default. Give a value, or remove it."],
        new KafkaClientOptions
        {
            BootstrapServers = "b:1", Client = new Dictionary<string, string> { ["client.rack"] = null! },
        }.Validate());

    [Fact]
    public void Empty_address_and_tokens_from_nowhere_are_refused()
    {
        Assert.Contains(
            "BootstrapServers", Complaint(new KafkaClientOptions { BootstrapServers = " " }), StringComparison.Ordinal);
        Assert.Contains("BootstrapServers", Complaint(new KafkaClientOptions { BootstrapServers = null! }), StringComparison.Ordinal);
        var options = new KafkaClientOptions
        {
            BootstrapServers = "localhost:1",
            Client = new Dictionary<string, string> { ["sasl.mechanism"] = "OAUTHBEARER" },
        };
        Assert.Contains("oidc", Complaint(options), StringComparison.Ordinal);
    }

    private static string Complaint(KafkaClientOptions options) =>
        Assert.Throws<ArgumentException>(() => new KafkaClients(options)).Message;

    private static Dictionary<string, string> Effective(IEnumerable<KeyValuePair<string, string>> settings)
    {
        var effective = new Dictionary<string, string>();
        foreach (var (name, value) in settings)
        {
            effective[name] = value;
        }

        return effective;
    }
}
