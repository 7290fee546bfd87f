using System.Buffers.Binary;
using StreamFlow.Broker.Handlers;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>
/// Says to this broker what a client said to Apache Kafka, one request after the other, and compares the answers field by field. What
/// brokers choose themselves (ids of topics, producers and members) is learnt from the answers and put into the requests that follow.
/// </summary>
internal sealed class TraceReplay(int port) : IDisposable
{
    private readonly Dictionary<int, RawClient> _connections = [];
    private readonly ChosenValues _chosen = new();

    /// <summary>What differed, as "API.field: theirs, ours".</summary>
    public List<string> Differences { get; } = [];

    public int Compared { get; private set; }

    public async Task RunAsync(IEnumerable<TraceCall> calls)
    {
        foreach (TraceCall call in calls)
        {
            // Clients ask with the newest version they know and are told which there are; that answer is compared by its own tests.
            if (WireLayout.All.TryGetValue(call.Key, out ApiLayout? layout) && layout.Name != "ApiVersions")
            {
                await RepeatAsync(call, layout);
            }
        }
    }

    public void Dispose()
    {
        foreach (RawClient client in _connections.Values)
        {
            client.Dispose();
        }
    }

    private async Task RepeatAsync(TraceCall call, ApiLayout layout)
    {
        bool flexible = call.Version >= layout.FlexibleFrom;
        int at = 8;
        int clientId = BinaryPrimitives.ReadInt16BigEndian(call.Request.AsSpan(at));
        at += 2 + Math.Max(0, clientId) + (flexible ? 1 : 0);
        WireStruct request = LayoutCodec.Decode(layout.Request, call.Version, flexible, call.Request.AsMemory(at));
        Assert.True(
            call.Request.AsSpan(at).SequenceEqual(LayoutCodec.Encode(layout.Request, call.Version, flexible, request)),
            $"{layout.Name} v{call.Version} is not written as it was read.");
        WireStruct theirs = LayoutCodec.Decode(layout.Response, call.Version, flexible, call.Response.AsMemory(flexible ? 5 : 4));
        int version = Math.Min(call.Version, ApiTable.All.Single(x => (int)x.Key == call.Key).MaxVersion);
        if (layout.Name == "Fetch")
        {
            // It was answered when it was; nobody waits again.
            request["max_wait_ms"] = 0L;
        }

        _chosen.Put(request);
        if (!_connections.TryGetValue(call.Connection, out RawClient? client))
        {
            _connections[call.Connection] = client = await RawClient.ConnectAsync(port);
        }

        WireStruct ours = await client.CallAsync(layout.Name, version, request);
        _chosen.Learn(theirs, ours);
        TraceComparison.Compare(layout.Name, theirs, ours, Differences);
        Compared++;
    }
}
