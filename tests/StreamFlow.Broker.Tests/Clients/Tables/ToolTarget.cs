using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.Broker.Tests.Clients.Tables;

/// <summary>A broker that the tools are tried with.</summary>
internal sealed class ToolTarget : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory;
    private readonly IAsyncDisposable _broker;
    private readonly Func<string, Task<string>> _folderOf;
    private RawClient? _holder;

    private ToolTarget(TemporaryDirectory directory, IAsyncDisposable broker, int port, string data, Func<string, Task<string>> folderOf)
    {
        _directory = directory;
        _broker = broker;
        Port = port;
        Data = data;
        _folderOf = folderOf;
    }

    public int Port { get; }

    /// <summary>The directory of all logs.</summary>
    public string Data { get; }

    /// <summary>For files of commands.</summary>
    public string Directory => _directory.Path;

    public string Server => $"127.0.0.1:{Port}";

    /// <summary>Where the transaction that is open begins.</summary>
    public long OpenedAt { get; private set; }

    public static async Task<ToolTarget> ApacheKafkaAsync()
    {
        TemporaryDirectory directory = new();
        int port = FreePort.Find();
        string folder = Path.Combine(directory.Path, "kafka");
        ApacheKafkaBroker broker = await ApacheKafkaBroker.StartAsync(
            folder,
            port,
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS",
            "offsets.topic.num.partitions=1",
            "transaction.state.log.num.partitions=1");
        string data = Path.Combine(folder, "data");
        return new ToolTarget(directory, broker, port, data, log => Task.FromResult(Path.Combine(data, log)));
    }

    public static async Task<ToolTarget> StreamFlowAsync()
    {
        TemporaryDirectory directory = new();
        string folder = Path.Combine(directory.Path, "broker");
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            DataDirectory = folder,
            Authorization = new BrokerAuthorization { SuperUsers = ["User:ANONYMOUS"] },
        });
        string topics = Path.Combine(folder, "topics");
        return new ToolTarget(directory, broker, broker.Port, topics, log => FolderOfAsync(broker.Port, topics, log));
    }

    /// <summary>The largest segment of a log.</summary>
    public async Task<string> SegmentAsync(string log)
    {
        // Coordinators have one partition each, here and there.
        string folder = await _folderOf(log);
        return System.IO.Directory.GetFiles(folder, "*.log").OrderBy(static x => new FileInfo(x).Length).Last();
    }

    /// <summary>Begins a transaction, writes, and leaves it like that.</summary>
    public async Task OpenTransactionAsync(string id, string topic)
    {
        _holder = await RawClient.ConnectAsync(Port);
        RawTransaction transaction = await RawTransaction.InitAsync(_holder, id, 5, timeoutMs: 600_000);
        WireStruct produced = await transaction.ProduceAsync(topic, 0, 0, "open");
        Assert.Equal(0, produced.Number("error_code"));
        OpenedAt = produced.Number("base_offset");
    }

    public async ValueTask DisposeAsync()
    {
        _holder?.Dispose();
        await _broker.DisposeAsync();
        _directory.Dispose();
    }

    private static async Task<string> FolderOfAsync(int port, string topics, string log)
    {
        int dash = log.LastIndexOf('-');
        using RawClient client = await RawClient.ConnectAsync(port);
        return Path.Combine(topics, $"{await client.TopicIdAsync(log[..dash]):N}-{log[(dash + 1)..]}");
    }
}
