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
    /// <summary>Not yet: the coordinator starts, or the last transaction ends. Clients ask again, which is in the trace too.</summary>
    private static readonly long[] NotYet = [14, 15, 51];

    private readonly Dictionary<int, RawClient> _connections = [];
    private readonly ChosenValues _chosen = new();

    /// <summary>What differed, as "API.field: theirs, ours".</summary>
    public List<string> Differences { get; } = [];

    public int Compared { get; private set; }

    public async Task RunAsync(IReadOnlyCollection<TraceCall> calls)
    {
        HashSet<string?> timed = [.. calls.Select(GroupOfHeartbeat)];
        foreach (TraceCall call in calls)
        {
            if (WireLayout.All.TryGetValue(call.Key, out ApiLayout? layout) && IsOfClients(call, layout.Name))
            {
                await RepeatAsync(call, layout, timed);
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

    /// <summary>
    /// Apache Kafka also talks to itself, by the same address: markers, and partitions that join by Produce. What ApiVersions answers is
    /// compared by tests of its own.
    /// </summary>
    private static bool IsOfClients(TraceCall call, string api) => api switch
    {
        "ApiVersions" or "WriteTxnMarkers" => false,
        "AddPartitionsToTxn" => call.Version < 4,
        _ => true,
    };

    private static WireStruct Decode(ApiLayout layout, LayoutType body, TraceCall call, ReadOnlyMemory<byte> bytes, bool mayHaveMore)
    {
        try
        {
            return LayoutCodec.Decode(body, call.Version, call.Version >= layout.FlexibleFrom, bytes, mayHaveMore);
        }
        catch (Exception e)
        {
            throw new InvalidDataException($"{layout.Name} v{call.Version} of the trace: {e.Message}", e);
        }
    }

    private static bool IsNotYet(object? value) => value switch
    {
        WireStruct one => one.Any(static x =>
            x.Key.EndsWith("error_code", StringComparison.Ordinal) && x.Value is long code ? NotYet.Contains(code) : IsNotYet(x.Value)),
        List<object?> many => many.Any(IsNotYet),
        _ => false,
    };

    /// <summary>The group of a heartbeat of the consumer protocol: how many of them a member needs until it has its partitions is timing.</summary>
    private static string? GroupOfHeartbeat(TraceCall call) =>
        WireLayout.All.TryGetValue(call.Key, out ApiLayout? layout) && layout.Name == "ConsumerGroupHeartbeat"
            ? Decode(layout, layout.Request, call, call.Request.AsMemory(BodyOf(call, layout)), mayHaveMore: true).Text("group_id")
            : null;

    private static bool IsOf(HashSet<string?> groups, object? request) => request switch
    {
        WireStruct one => one.Any(x => x.Key is "group_id" or "key" && x.Value is string name ? groups.Contains(name) : IsOf(groups, x.Value)),
        List<object?> many => many.Any(x => IsOf(groups, x)),
        _ => false,
    };

    private static int BodyOf(TraceCall call, ApiLayout layout) =>
        10 + Math.Max((short)0, BinaryPrimitives.ReadInt16BigEndian(call.Request.AsSpan(8))) + (call.Version >= layout.FlexibleFrom ? 1 : 0);

    private async Task RepeatAsync(TraceCall call, ApiLayout layout, HashSet<string?> timed)
    {
        bool flexible = call.Version >= layout.FlexibleFrom;
        int at = BodyOf(call, layout);
        WireStruct request = Decode(layout, layout.Request, call, call.Request.AsMemory(at), mayHaveMore: true);
        Assert.True(
            call.Request.AsSpan(at).StartsWith(LayoutCodec.Encode(layout.Request, call.Version, flexible, request)),
            $"{layout.Name} v{call.Version} is not written as it was read.");
        WireStruct theirs = Decode(layout, layout.Response, call, call.Response.AsMemory(flexible ? 5 : 4), mayHaveMore: false);
        if (IsNotYet(theirs) || IsOf(timed, request))
        {
            return;
        }

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
        if (layout.Name == "ListGroups")
        {
            ((List<object?>)theirs["groups"]!).RemoveAll(x => timed.Contains(((WireStruct)x!).Text("group_id")));
        }

        _chosen.Learn(theirs, ours);
        new TraceComparison(_chosen, Differences).Compare(layout.Name, theirs, ours);
        Compared++;
    }
}
