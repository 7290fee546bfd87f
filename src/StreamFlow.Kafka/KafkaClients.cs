using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Clients;
using StreamFlow.Kafka.Administration;
using StreamFlow.Kafka.Consumers;
using StreamFlow.Kafka.Producers;
using StreamFlow.Kafka.Settings;
using StreamFlow.Runtime;

namespace StreamFlow.Kafka;

/// <summary>
/// StreamFlow's clients of a Kafka cluster, over librdkafka. Each is used by one thread; this factory by any.
/// </summary>
public sealed class KafkaClients : IKafkaClients
{
    private readonly KafkaClientOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly TimeProvider _time;
    private readonly ClientLines _lines;
    private int _loggerFailures;

    /// <summary>Checks the options; nothing is connected yet.</summary>
    /// <param name="options">Where Kafka is, and settings of librdkafka.</param>
    /// <param name="loggerFactory">Takes what librdkafka logs; <see langword="null"/> to drop it.</param>
    /// <param name="timeProvider">Clock for time limits; <see langword="null"/> for the system's.</param>
    /// <exception cref="ArgumentException">A setting is unknown, malformed or fixed; the message names each.</exception>
    /// <exception cref="DllNotFoundException">librdkafka is missing.</exception>
    public KafkaClients(
        KafkaClientOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        var complaints = options.Validate();
        if (complaints.Count > 0)
        {
            throw new ArgumentException(
                "The settings of the Kafka clients are not usable:" + Environment.NewLine + "- "
                + string.Join(Environment.NewLine + "- ", complaints),
                nameof(options));
        }

        _options = options;
        _loggers = loggerFactory ?? NullLoggerFactory.Instance;
        _time = timeProvider ?? TimeProvider.System;
        var logger = LoggerFor<KafkaClients>();
        _lines = new ClientLines(_time, new ConnectionWatch(options.BootstrapServers, logger, _time, OpenProbe), logger);
    }

    /// <inheritdoc/>
    public IKafkaConsumer CreateConsumer(ConsumerRole role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return new KafkaConsumer(
            role, ClientSettings.ForConsumer(_options, role), _lines, LoggerFor<KafkaConsumer>(), _time);
    }

    /// <inheritdoc/>
    public IKafkaProducer CreateProducer(ProducerRole role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return new KafkaProducer(
            role, ClientSettings.ForProducer(_options, role), _lines, LoggerFor<KafkaProducer>(), _time);
    }

    /// <inheritdoc/>
    public IKafkaAdmin CreateAdmin(string clientId)
    {
        ArgumentException.ThrowIfNullOrEmpty(clientId);
        return new KafkaAdmin(ClientSettings.ForAdmin(_options, clientId), _lines, LoggerFor<KafkaAdmin>(), _time);
    }

    /// <inheritdoc/>
    public BrokerOutage? Outage => _lines.Connection.Outage;

    /// <summary>How often the application's logger threw; there is nowhere else to say so.</summary>
    internal int LoggerFailures => Volatile.Read(ref _loggerFailures);

    private BrokerProbe OpenProbe() => new(ClientSettings.ForProbe(_options), ClientSettings.ProbeId);

    private GuardedLogger LoggerFor<T>() =>
        new(_loggers.CreateLogger<T>(), project: 2, () => Interlocked.Increment(ref _loggerFailures));
}
