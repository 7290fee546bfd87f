namespace StreamFlow.Kafka.Settings;

/// <summary>
/// Names of librdkafka's settings that applications set. librdkafka takes more, but does not list all it takes; these are to
/// suggest one for a name that it does not know.
/// </summary>
internal static class SettingNames
{
    internal static IReadOnlyList<string> Usual { get; } =
    [
        "batch.num.messages", "batch.size", "broker.address.family", "broker.address.ttl", "check.crcs", "client.dns.lookup",
        "client.rack", "compression.codec", "compression.level", "compression.type", "connections.max.idle.ms", "debug",
        "delivery.timeout.ms", "enable.metrics.push", "enable.sasl.oauthbearer.unsecure.jwt",
        "enable.ssl.certificate.verification", "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes",
        "fetch.min.bytes", "fetch.queue.backoff.ms", "fetch.wait.max.ms", "heartbeat.interval.ms", "linger.ms",
        "log.connection.close", "log_level", "max.in.flight", "max.in.flight.requests.per.connection",
        "max.partition.fetch.bytes", "max.poll.interval.ms", "message.max.bytes", "message.send.max.retries",
        "message.timeout.ms", "metadata.max.age.ms", "metadata.recovery.strategy", "queue.buffering.max.kbytes",
        "queue.buffering.max.messages", "queue.buffering.max.ms", "queued.max.messages.kbytes", "queued.min.messages",
        "receive.message.max.bytes", "reconnect.backoff.max.ms", "reconnect.backoff.ms", "request.timeout.ms", "retries",
        "retry.backoff.max.ms", "retry.backoff.ms", "sasl.kerberos.keytab", "sasl.kerberos.kinit.cmd",
        "sasl.kerberos.principal", "sasl.kerberos.service.name", "sasl.mechanism", "sasl.mechanisms",
        "sasl.oauthbearer.client.id", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config",
        "sasl.oauthbearer.extensions", "sasl.oauthbearer.method", "sasl.oauthbearer.scope",
        "sasl.oauthbearer.token.endpoint.url", "sasl.password", "sasl.username", "security.protocol", "session.timeout.ms",
        "socket.connection.setup.timeout.ms", "socket.keepalive.enable", "socket.nagle.disable",
        "socket.receive.buffer.bytes", "socket.send.buffer.bytes", "socket.timeout.ms", "ssl.ca.location", "ssl.ca.pem",
        "ssl.certificate.location", "ssl.certificate.pem", "ssl.cipher.suites", "ssl.crl.location",
        "ssl.endpoint.identification.algorithm", "ssl.key.location", "ssl.key.password", "ssl.key.pem",
        "ssl.keystore.location", "ssl.keystore.password", "sticky.partitioning.linger.ms",
        "topic.metadata.refresh.interval.ms",
    ];

    /// <summary>Those that only a consumer minds.</summary>
    internal static IReadOnlySet<string> OfConsumers { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "check.crcs", "fetch.error.backoff.ms", "fetch.max.bytes", "fetch.message.max.bytes", "fetch.min.bytes",
        "fetch.queue.backoff.ms", "fetch.wait.max.ms", "heartbeat.interval.ms", "max.partition.fetch.bytes",
        "max.poll.interval.ms", "queued.max.messages.kbytes", "queued.min.messages", "session.timeout.ms",
    };

    /// <summary>Those that only a producer minds.</summary>
    internal static IReadOnlySet<string> OfProducers { get; } = new HashSet<string>(StringComparer.OrdinalIgnoreCase)
    {
        "batch.num.messages", "batch.size", "compression.codec", "compression.level", "compression.type", "delivery.timeout.ms",
        "linger.ms", "message.send.max.retries", "message.timeout.ms", "queue.buffering.max.kbytes",
        "queue.buffering.max.messages", "queue.buffering.max.ms", "request.timeout.ms", "retries", "sticky.partitioning.linger.ms",
    };
}
