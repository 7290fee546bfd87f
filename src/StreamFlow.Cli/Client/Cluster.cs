using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client;

/// <summary>
/// The brokers of a cluster: who they are, which of them has what, and one connection to each that is needed. What may be better in a
/// moment is tried again for as long as the settings say.
/// </summary>
internal sealed class Cluster(ClientSettings settings, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<HostPort, BrokerConnection> _connections = [];
    private readonly SemaphoreSlim _opening = new(1);
    private readonly Dictionary<int, HostPort> _brokers = [];

    public ClientSettings Settings { get; } = settings;

    public TimeProvider Time { get; } = time;

    /// <summary>Any broker that answers; admin requests go there, since each hands on what belongs to the controller.</summary>
    public async Task<BrokerConnection> AnyAsync(CancellationToken ct)
    {
        UnreachableException? last = null;
        foreach (HostPort address in _brokers.Values.Concat(Settings.Servers).Distinct().ToList())
        {
            try
            {
                return await ConnectAsync(address, ct).ConfigureAwait(false);
            }
            catch (UnreachableException exception)
            {
                last ??= exception;
            }
        }

        throw last ?? new UnreachableException("There is no broker to ask; give --bootstrap-server.");
    }

    /// <summary>The broker of an id.</summary>
    public async Task<BrokerConnection> NodeAsync(int id, CancellationToken ct)
    {
        if (!_brokers.ContainsKey(id))
        {
            await MetadataAsync([], ct).ConfigureAwait(false);
        }

        return _brokers.TryGetValue(id, out HostPort address)
            ? await ConnectAsync(address, ct).ConfigureAwait(false)
            : throw new KafkaException(ErrorCode.BrokerNotAvailable, $"broker {id}");
    }

    /// <summary>All brokers.</summary>
    public async Task<IReadOnlyList<int>> NodesAsync(CancellationToken ct)
    {
        await RetryAsync(() => MetadataAsync([], ct), ct).ConfigureAwait(false);
        return [.. _brokers.Keys.Order()];
    }

    /// <summary>What a broker knows of topics; all of them for null.</summary>
    public async Task<MetadataResponse> MetadataAsync(IReadOnlyCollection<string>? topics, CancellationToken ct, bool creates = false)
    {
        BrokerConnection any = await AnyAsync(ct).ConfigureAwait(false);
        MetadataResponse metadata = await any.SendAsync(
            new MetadataRequest
            {
                Topics = topics?.Select(static name => new MetadataRequestTopics { Name = name }).ToArray(),
                AllowAutoTopicCreation = creates,
            },
            ct).ConfigureAwait(false);
        foreach (MetadataResponseBrokers broker in metadata.Brokers)
        {
            _brokers[broker.NodeId] = new HostPort(broker.Host, broker.Port);
        }

        return metadata;
    }

    /// <summary>The broker that coordinates a group, or the transactions of an id.</summary>
    public async Task<BrokerConnection> CoordinatorAsync(string key, bool isTransaction, CancellationToken ct)
    {
        BrokerConnection any = await AnyAsync(ct).ConfigureAwait(false);
        FindCoordinatorRequest request = new() { KeyType = isTransaction ? (sbyte)1 : (sbyte)0 };
        if (any.VersionOf(ApiKey.FindCoordinator) >= 4)
        {
            request.CoordinatorKeys = [key];
        }
        else
        {
            request.Key = key;
        }

        FindCoordinatorResponse answer = await any.SendAsync(request, ct).ConfigureAwait(false);
        (ErrorCode error, string? message, string host, int port) = answer.Coordinators is [var c, ..]
            ? (c.ErrorCode, c.ErrorMessage, c.Host, c.Port)
            : (answer.ErrorCode, answer.ErrorMessage, answer.Host, answer.Port);
        return error == ErrorCode.None
            ? await ConnectAsync(new HostPort(host, port), ct).ConfigureAwait(false)
            : throw new KafkaException(error, $"The coordinator of '{key}'", message);
    }

    /// <summary>Runs something again while a broker says that it is not ready, or none answers, for as long as the settings say.</summary>
    public async Task<T> RetryAsync<T>(Func<Task<T>> run, CancellationToken ct)
    {
        long start = Time.GetTimestamp();
        TimeSpan pause = FirstPause;
        while (true)
        {
            try
            {
                return await run().ConfigureAwait(false);
            }
            catch (Exception exception) when (MayPass(exception) && Time.GetElapsedTime(start) + pause < Settings.RetryFor)
            {
                await Task.Delay(pause, Time, ct).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (BrokerConnection connection in _connections.Values)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        _opening.Dispose();
    }

    /// <summary>A broker that never answered is not there; one that did may be starting again.</summary>
    private bool MayPass(Exception exception) => (exception is UnreachableException && _brokers.Count > 0) || (exception is KafkaException kafka && Kafka.IsTransient(kafka.Error));

    private async Task<BrokerConnection> ConnectAsync(HostPort address, CancellationToken ct)
    {
        await _opening.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (_connections.TryGetValue(address, out BrokerConnection? known))
            {
                if (!known.IsBroken)
                {
                    return known;
                }

                _connections.Remove(address);
                await known.DisposeAsync().ConfigureAwait(false);
            }

            return _connections[address] = await BrokerConnection.OpenAsync(address, Settings, ct).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }
}
