using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StreamFlow.Kafka.Interop;
using StreamFlow.Kafka.Settings;

namespace StreamFlow.Kafka.Tests.Settings;

/// <summary>Settings of producers with a consumer, and the other way about: librdkafka takes them and ignores them.</summary>
public sealed class SettingScopeTests
{
    [Fact]
    public void A_setting_in_the_section_of_the_other_client_is_refused_with_the_place()
    {
        var complaints = new KafkaClientOptions
        {
            BootstrapServers = "b:1",
            Client = new Dictionary<string, string> { ["linger.ms"] = "1", ["session.timeout.ms"] = "6000" },
            Consumer = new Dictionary<string, string> { ["linger.ms"] = "1", ["session.timeout.ms"] = "6000" },
            Producer = new Dictionary<string, string> { ["linger.ms"] = "1", ["session.timeout.ms"] = "6000" },
        }.Validate();

        Assert.Equal(
            [
                "Consumer sets 'linger.ms', which a consumer ignores. Write it below Producer.",
                "Producer sets 'session.timeout.ms', which a producer ignores. Write it below Consumer.",
            ],
            complaints);
    }

    /// <summary>librdkafka would refuse them when the first thread makes its consumer.</summary>
    [Theory]
    [InlineData("6000", "60000", 6000, 60000)]
    [InlineData("10000", null, 10000, 15000)]
    [InlineData(null, "400000", 300000, 400000)]
    public void A_session_longer_than_the_poll_interval_is_refused(string? poll, string? session, int hasPoll, int hasSession)
    {
        var consumer = new Dictionary<string, string?> { ["max.poll.interval.ms"] = poll, ["session.timeout.ms"] = session };
        var complaints = new KafkaClientOptions
        {
            BootstrapServers = "b:1", Consumer = consumer.Where(s => s.Value is not null).ToDictionary(s => s.Key, s => s.Value!),
        }.Validate();

        Assert.Equal(
            [$"Consumer has 'max.poll.interval.ms' at {hasPoll} and 'session.timeout.ms' at {hasSession}. Set the former to at least the latter."],
            complaints);
    }

    /// <summary>The lists are ours; that each name is on the right one says the library itself.</summary>
    [Fact]
    public void Names_of_consumers_and_producers_are_those_that_the_library_ignores_in_the_other()
    {
        Assert.Equal(Ordered(SettingNames.OfProducers), Ignored(SettingNames.Usual, producer: false));
        Assert.Equal(Ordered(SettingNames.OfConsumers), Ignored(SettingNames.Usual, producer: true));
    }

    private static IEnumerable<string> Ordered(IEnumerable<string> names) => names.Order(StringComparer.Ordinal);

    private static IEnumerable<string> Ignored(IEnumerable<string> names, bool producer)
    {
        return Ordered(names.Where(name => IsIgnored(name, producer)));
    }

    /// <summary>It warns by the name's other form, such as <c>queue.buffering.max.ms</c> for <c>linger.ms</c>.</summary>
    private static bool IsIgnored(string name, bool producer)
    {
        var value = Values.FirstOrDefault(v => ClientHandle.Check([KeyValuePair.Create(name, v)]).Count == 0);
        Assert.True(value is not null, $"none of the values is one of {name}");
        var log = new Lines();
        var watch = new ConnectionWatch("none", log, TimeProvider.System, () => throw new InvalidOperationException());
        var callbacks = new ClientCallbacks("c", new ClientLines(TimeProvider.System, watch, log), log);
        KeyValuePair<string, string>[] settings = [KeyValuePair.Create("group.id", "g"), KeyValuePair.Create(name, value)];
        try
        {
            using var client = producer
                ? ClientHandle.CreateProducer(settings[1..], callbacks)
                : ClientHandle.CreateConsumer(settings, callbacks);
        }
        catch (ArgumentException)
        {
            // It wants others beside it, as a certificate its key: so it is not ignored.
        }

        return log.All.Any(line => line.Contains("property and will be ignored", StringComparison.Ordinal));
    }

    /// <summary>Each setting takes one of these.</summary>
    private static readonly string[] Values = ["1000", "true", "none", "1", "3", "any", "plaintext", "default", "generic", "use_all_dns_ips", "text"];

    private sealed class Lines : ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Enqueue(formatter(state, exception));
    }
}
