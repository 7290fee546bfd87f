using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>How Confluent.Kafka connects, and what its features have in common.</summary>
internal sealed class ClientSettings(ClientBroker broker)
{
    /// <summary>How long an authentication lasts where it has to be renewed: librdkafka does so after nine tenths of it.</summary>
    public static readonly TimeSpan Reauthentication = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static string Value(int number) => string.Concat(Enumerable.Repeat($"v{number}", 1 + (number % 20)));

    public static List<ConsumeResult<string, string>> Read(IConsumer<string, string> consumer, int count)
    {
        using CancellationTokenSource deadline = new(Deadline);
        return [.. Enumerable.Range(0, count).Select(_ => consumer.Consume(deadline.Token))];
    }

    public ClientConfig Plain() => new() { BootstrapServers = broker.Values["plain"] };

    public ClientConfig Tls(string server) => new()
    {
        BootstrapServers = broker.Values[server],
        SecurityProtocol = SecurityProtocol.Ssl,
        SslCaLocation = broker.Values["ca"],
    };

    public ClientConfig ClientCertificate()
    {
        ClientConfig config = Tls("mtls");
        config.SslCertificateLocation = config.SslKeyLocation = broker.Values["client"];
        return config;
    }

    public ClientConfig Password(string server, SaslMechanism mechanism)
    {
        ClientConfig config = Tls(server);
        config.SecurityProtocol = SecurityProtocol.SaslSsl;
        config.SaslMechanism = mechanism;
        config.SaslUsername = "alice";
        config.SaslPassword = "wonderland";
        return config;
    }

    public ClientConfig Token(string server)
    {
        ClientConfig config = Tls(server);
        config.SecurityProtocol = SecurityProtocol.SaslSsl;
        config.SaslMechanism = SaslMechanism.OAuthBearer;
        return config;
    }

    public ProducerBuilder<string, string> With(ProducerBuilder<string, string> builder) =>
        builder.SetOAuthBearerTokenRefreshHandler((client, _) => Renew(client));

    public ConsumerBuilder<string, string> With(ConsumerBuilder<string, string> builder) =>
        builder.SetOAuthBearerTokenRefreshHandler((client, _) => Renew(client));

    public async Task<string> TopicAsync(string name, int partitions = 1)
    {
        using IAdminClient admin = new AdminClientBuilder(Plain()).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = name, NumPartitions = partitions, ReplicationFactor = 1 }]);
        return name;
    }

    public IConsumer<string, string> Consumer(string group, ConsumerConfig more)
    {
        more.BootstrapServers = broker.Values["plain"];
        more.GroupId = group;
        more.AutoOffsetReset = AutoOffsetReset.Earliest;
        more.EnableAutoCommit = false;
        return new ConsumerBuilder<string, string>(more).Build();
    }

    public async Task ProduceAsync(string topic, int count, ProducerConfig more)
    {
        more.BootstrapServers = broker.Values["plain"];
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(more).Build();
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => producer.ProduceAsync(topic, new Message<string, string>
        {
            Key = $"{i}",
            Value = Value(i),
            Timestamp = new Timestamp(1000L * (i + 1), TimestampType.CreateTime),
            Headers = new Headers { { "h", [0xFF] }, { "n", null } },
        })));
    }

    private void Renew(IClient client) => client.OAuthBearerSetToken(
        broker.Values["token"], DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds(), "alice");
}
