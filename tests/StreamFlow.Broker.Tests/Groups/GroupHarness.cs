using System.Buffers.Binary;
using System.Text;
using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Tests.Groups;

/// <summary>Drives one group over virtual time and collects what it does.</summary>
internal sealed class GroupHarness
{
    public const int SessionMs = 10_000;
    public const int RebalanceMs = 60_000;
    public const long StartUnixMs = 1_700_000_000_000;

    private readonly Dictionary<long, JoinResult> _joins = [];
    private readonly Dictionary<long, SyncResult> _syncs = [];
    private long _lastRequest;
    private int _lastNonce;

    public GroupHarness(GroupCoordinatorOptions? options = null)
    {
        Options = options ?? new GroupCoordinatorOptions();
        Group = new ClassicGroup("group", Options, Now);
    }

    public GroupCoordinatorOptions Options { get; }

    public ClassicGroup Group { get; set; }

    public long TimeMs { get; private set; }

    public ClockReading Now => new(TimeMs, StartUnixMs + TimeMs);

    public List<GroupSnapshot> Persisted { get; } = [];

    public static JoinCommand JoinOf(
        string memberId = "",
        string? instanceId = null,
        int version = 5,
        int sessionMs = SessionMs,
        int rebalanceMs = RebalanceMs,
        string type = "consumer",
        params GroupProtocol[] protocols) => new()
        {
            ApiVersion = version,
            GroupId = "group",
            MemberId = memberId,
            InstanceId = instanceId,
            ClientId = "client",
            ClientHost = "/127.0.0.1",
            SessionTimeoutMs = sessionMs,
            RebalanceTimeoutMs = rebalanceMs,
            ProtocolType = type,
            Protocols = protocols.Length > 0 ? protocols : [ProtocolOf("range")],
        };

    public static GroupProtocol ProtocolOf(string name, string metadata = "m") =>
        new(name, Encoding.UTF8.GetBytes(metadata));

    /// <summary>The bytes of a consumer subscription, version 0.</summary>
    public static byte[] Subscription(params string[] topics)
    {
        using var bytes = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        bytes.Write([0, 0]);
        BinaryPrimitives.WriteInt32BigEndian(number, topics.Length);
        bytes.Write(number);
        foreach (string topic in topics)
        {
            BinaryPrimitives.WriteInt16BigEndian(number, (short)topic.Length);
            bytes.Write(number[..2]);
            bytes.Write(Encoding.UTF8.GetBytes(topic));
        }

        bytes.Write([0xFF, 0xFF, 0xFF, 0xFF]);
        return bytes.ToArray();
    }

    public long Join(JoinCommand command)
    {
        Group.Join(command, ++_lastRequest, $"{++_lastNonce}", Now);
        Collect();
        return _lastRequest;
    }

    /// <summary>Joins and expects an answer at once.</summary>
    public JoinResult JoinNow(JoinCommand command) => JoinAnswer(Join(command));

    /// <summary>Gets a member id the way clients since version 4 do, then parks the join with it.</summary>
    public (string Id, long Request) Enter(params GroupProtocol[] protocols)
    {
        string id = JoinNow(JoinOf(protocols: protocols)).MemberId;
        return (id, Join(JoinOf(id, protocols: protocols)));
    }

    public long Sync(string memberId, int generation, params MemberAssignment[] assignments) =>
        Sync(new SyncCommand
        {
            GroupId = "group",
            GenerationId = generation,
            MemberId = memberId,
            Assignments = assignments,
        });

    public long SyncStatic(string memberId, int generation, string instanceId, params MemberAssignment[] assignments) =>
        Sync(new SyncCommand
        {
            GroupId = "group",
            GenerationId = generation,
            MemberId = memberId,
            InstanceId = instanceId,
            Assignments = assignments,
        });

    public long Sync(SyncCommand command)
    {
        Group.Sync(command, ++_lastRequest, Now);
        Collect();
        return _lastRequest;
    }

    public ErrorCode Heartbeat(string memberId, int? generation = null, string? instanceId = null)
    {
        ErrorCode error = Group.Heartbeat(
            new HeartbeatCommand("group", generation ?? Group.Generation, memberId, instanceId), Now);
        Collect();
        return error;
    }

    public ErrorCode Leave(string memberId, string? instanceId = null)
    {
        ErrorCode error = Group.Leave(new MemberToLeave(memberId, instanceId), Now);
        Collect();
        return error;
    }

    public ErrorCode Commit(
        string memberId, int generation, string? instanceId = null, bool isTransactional = false) =>
        Group.AdmitCommit(generation, memberId, instanceId, isTransactional, Now);

    public void Abandon(long request)
    {
        Group.Abandon(request, Now);
        Collect();
    }

    /// <summary>Starts again from the last record that was written.</summary>
    public void Restart() => Group = Persisted.Count == 0
        ? new ClassicGroup("group", Options, Now)
        : ClassicGroup.Restore("group", Persisted[^1], Options, Now);

    public void Close()
    {
        Group.Close(Now);
        Collect();
    }

    /// <summary>Lets time pass, ticking at every deadline on the way.</summary>
    public void Advance(long ms)
    {
        long end = TimeMs + ms;
        while (Group.NextDeadline() <= end)
        {
            TimeMs = Math.Max(TimeMs, Group.NextDeadline());
            Group.Tick(Now);
            Collect();
            Assert.True(Group.NextDeadline() > TimeMs, "a deadline was ignored");
        }

        TimeMs = end;
    }

    public bool IsParked(long request) => !_joins.ContainsKey(request) && !_syncs.ContainsKey(request);

    public JoinResult JoinAnswer(long request) => _joins[request];

    public SyncResult SyncAnswer(long request) => _syncs[request];

    /// <summary>A stable group of so many dynamic members; the first leads.</summary>
    public string[] Stable(int members)
    {
        var ids = new List<string>();
        for (int i = 0; i < members; i++)
        {
            string id = JoinNow(JoinOf()).MemberId;
            ids.Add(id);
            foreach (string member in Enumerable.Reverse(ids))
            {
                Join(JoinOf(member));
            }
        }

        SyncAll([.. ids]);
        Assert.Equal(GroupState.Stable, Group.State);
        return [.. ids];
    }

    /// <summary>The leader assigns everybody its own name; the others fetch it.</summary>
    public void SyncAll(params string[] ids)
    {
        MemberAssignment[] assignments = [.. ids.Select(id => new MemberAssignment(id, Encoding.UTF8.GetBytes(id)))];
        foreach (string id in ids)
        {
            Sync(id, Group.Generation, id == Group.LeaderId ? assignments : []);
        }
    }

    private void Collect()
    {
        foreach (GroupEffect effect in Group.TakeEffects())
        {
            switch (effect)
            {
                case JoinReply reply:
                    Assert.True(_joins.TryAdd(reply.Request, reply.Result), $"join {reply.Request} answered twice");
                    break;
                case SyncReply reply:
                    Assert.True(_syncs.TryAdd(reply.Request, reply.Result), $"sync {reply.Request} answered twice");
                    break;
                case PersistGroup persist:
                    Persisted.Add(persist.Snapshot);
                    break;
            }
        }
    }
}
