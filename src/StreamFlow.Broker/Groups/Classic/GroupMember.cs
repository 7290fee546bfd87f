namespace StreamFlow.Broker.Groups;

/// <summary>One member of a group, with the requests it has parked.</summary>
internal sealed class GroupMember(string id, string? instanceId, string clientId, string clientHost)
{
    private const int BytesOfOne = 400;

    public string Id { get; } = id;

    public string? InstanceId { get; } = instanceId;

    public string ClientId { get; } = clientId;

    public string ClientHost { get; } = clientHost;

    public bool IsStatic => InstanceId is not null;

    public int SessionTimeoutMs { get; private set; }

    public int RebalanceTimeoutMs { get; private set; }

    public IReadOnlyList<GroupProtocol> Protocols { get; private set; } = [];

    public byte[] Assignment { get; set; } = [];

    /// <summary>True until its first join is answered: it cannot heartbeat before.</summary>
    public bool IsNew { get; set; }

    /// <summary>True from the join reply of a generation until the member's SyncGroup arrives.</summary>
    public bool OwesSync { get; set; }

    public long? ParkedJoin { get; private set; }

    public long? ParkedSync { get; private set; }

    public bool HasJoined => ParkedJoin is not null;

    /// <summary>Monotonic milliseconds; <see cref="GroupDeadline.Never"/> while the session is suspended by a parked request.</summary>
    public long SessionDeadline { get; private set; } = GroupDeadline.Never;

    public void Register(int sessionTimeoutMs, int rebalanceTimeoutMs, IReadOnlyList<GroupProtocol> protocols)
    {
        SessionTimeoutMs = sessionTimeoutMs;
        RebalanceTimeoutMs = rebalanceTimeoutMs;
        Protocols = protocols;
    }

    public void ParkJoin(long request, long sessionDeadline)
    {
        ParkedJoin = request;
        SessionDeadline = sessionDeadline;
    }

    public void ParkSync(long request)
    {
        ParkedSync = request;
        SessionDeadline = GroupDeadline.Never;
    }

    public long? TakeJoin()
    {
        long? request = ParkedJoin;
        ParkedJoin = null;
        return request;
    }

    public long? TakeSync()
    {
        long? request = ParkedSync;
        ParkedSync = null;
        return request;
    }

    /// <summary>Counts a sign of life. A parked request keeps the session suspended.</summary>
    public void Touch(ClockReading now)
    {
        if (ParkedJoin is null && ParkedSync is null)
        {
            SessionDeadline = now.MonotonicMs + SessionTimeoutMs;
        }
    }

    /// <summary>What it takes in memory, about.</summary>
    public long Bytes => GroupProtocol.SizeOf(Protocols) + Assignment.Length + BytesOfOne
        + (2L * (Id.Length + (InstanceId?.Length ?? 0) + ClientId.Length + ClientHost.Length));

    public bool Supports(string protocolName) => IndexOf(protocolName) >= 0;

    public byte[] MetadataFor(string protocolName)
    {
        int index = IndexOf(protocolName);
        return index < 0 ? [] : Protocols[index].Metadata;
    }

    public bool SpeaksExactly(IReadOnlyList<GroupProtocol> protocols)
    {
        if (protocols.Count != Protocols.Count)
        {
            return false;
        }

        for (int i = 0; i < protocols.Count; i++)
        {
            if (protocols[i].Name != Protocols[i].Name
                || !protocols[i].Metadata.AsSpan().SequenceEqual(Protocols[i].Metadata))
            {
                return false;
            }
        }

        return true;
    }

    private int IndexOf(string protocolName)
    {
        for (int i = 0; i < Protocols.Count; i++)
        {
            if (Protocols[i].Name == protocolName)
            {
                return i;
            }
        }

        return -1;
    }
}
