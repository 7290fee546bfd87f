using StreamFlow.Broker.Server;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker;

/// <summary>
/// A Kafka-compatible broker inside this process: one node, durable on request, for development, tests and small
/// deployments. Any Kafka client connects to <see cref="BootstrapServers"/>.
/// </summary>
/// <example>
/// <code>
/// await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
/// {
///     Topics = [new BrokerTopic("orders", Partitions: 4)],
/// });
/// string bootstrapServers = broker.BootstrapServers;
/// </code>
/// </example>
public sealed class EmbeddedBroker : IAsyncDisposable, IDisposable
{
    private readonly BrokerParts _parts;
    private int _disposed;

    private EmbeddedBroker(BrokerParts parts)
    {
        _parts = parts;
        BootstrapServers = BrokerAddress.Text(parts.Server.Listeners[0].Advertised);
    }

    /// <summary>
    /// Where clients connect, as <c>host:port</c>; the value of their <c>bootstrap.servers</c>. That of the first listener,
    /// where there are several.
    /// </summary>
    public string BootstrapServers { get; }

    /// <summary>The TCP port the broker listens on.</summary>
    public int Port => _parts.Server.Port;

    /// <summary>The ports of all listeners, in their order.</summary>
    internal IReadOnlyList<int> Ports => [.. _parts.Server.Listeners.Select(static listener => listener.Port)];

    /// <summary>The full path of the directory that holds topics and groups.</summary>
    public string DataDirectory => _parts.DataDirectory;

    /// <summary>The number of connections open now.</summary>
    public int ConnectionCount => _parts.Server.ConnectionCount;

    /// <summary>
    /// Opens the data directory, recovers what a crash may have left, creates the wanted topics and starts to listen.
    /// </summary>
    /// <param name="options">The settings; null for a private broker on a free port of the loopback interface.</param>
    /// <param name="ct">Gives up before the broker listens.</param>
    /// <returns>A broker that answers; dispose it to stop.</returns>
    /// <exception cref="ArgumentException">A setting is out of range, or a wanted topic cannot be created.</exception>
    /// <exception cref="IOException">
    /// The address is taken, or the data directory is in use by another broker or cannot be read or written.
    /// </exception>
    /// <exception cref="InvalidDataException">The data directory holds damaged metadata.</exception>
    public static async Task<EmbeddedBroker> StartAsync(EmbeddedBrokerOptions? options = null, CancellationToken ct = default)
    {
        options ??= new EmbeddedBrokerOptions();
        options.Validate();
        ct.ThrowIfCancellationRequested();
        BrokerParts parts = new(options);
        try
        {
            parts.Open();
            await parts.OpenSecurityAsync(ct).ConfigureAwait(false);
            foreach (BrokerTopic topic in options.Topics)
            {
                Create(parts.Store, topic);
            }

            ct.ThrowIfCancellationRequested();
            parts.Listen();
            return new EmbeddedBroker(parts);
        }
        catch
        {
            await parts.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where clients of one listener connect, as <c>host:port</c>.</summary>
    /// <param name="listener">Its <see cref="BrokerListener.Name"/>.</param>
    /// <exception cref="ArgumentException">There is no listener of this name; the message names those there are.</exception>
    public string BootstrapServersOf(string listener)
    {
        IReadOnlyList<Listener> listeners = _parts.Server.Listeners;
        return listeners.FirstOrDefault(x => x.Name == listener) is { } found
            ? BrokerAddress.Text(found.Advertised)
            : throw new ArgumentException(
                $"There is no listener '{listener}'; there are {string.Join(", ", listeners.Select(static x => x.Name))}.", nameof(listener));
    }

    /// <summary>How well the broker is, and what its disk fails it in. May be asked at any time, by any thread.</summary>
    public BrokerState State => Volatile.Read(ref _disposed) != 0
        ? new BrokerState(BrokerCondition.Stopped, [], HasGroups: false, HasTransactions: false)
        : _parts.State();

    /// <summary>Topics with their sizes, and transactions that are open, at this moment. May be called at any time, by any thread.</summary>
    /// <returns>What there is; nothing once the broker has stopped.</returns>
    public BrokerDescription Describe() => Volatile.Read(ref _disposed) != 0 ? new BrokerDescription([], []) : _parts.Describe();

    /// <summary>
    /// Stops: answers requests that wait, closes all connections, flushes and closes the data, and deletes the directory
    /// if it was a temporary one. Further calls do nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _parts.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// As <see cref="DisposeAsync"/>, and blocks until then. For those who dispose of a service provider with <c>using</c>;
    /// <c>await using</c> holds up no thread.
    /// </summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static void Create(TopicStore store, BrokerTopic topic)
    {
        if (store.GetTopic(topic.Name) is not null)
        {
            return;
        }

        TopicResult result = store.CreateTopic(topic.Name, topic.Partitions, topic.Configs);
        if (result.Error == ErrorCode.KafkaStorageError)
        {
            throw new IOException(result.Message);
        }

        if (!result.IsSuccess)
        {
            throw TopicChecks.Refused(topic, result);
        }
    }
}
