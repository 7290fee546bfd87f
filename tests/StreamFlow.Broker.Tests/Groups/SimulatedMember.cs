namespace StreamFlow.Broker.Tests.Groups;

/// <summary>What a simulated client is about.</summary>
internal enum MemberPhase
{
    Outside,
    Joining,
    Joined,
    Syncing,
    Working,
}

/// <summary>A client of the simulation, as much of it as it knows itself.</summary>
internal sealed class SimulatedMember
{
    public string? InstanceId { get; init; }

    public string MemberId { get; set; } = "";

    public MemberPhase Phase { get; set; }

    public int Generation { get; set; }

    public bool Leads { get; set; }

    public string[] Members { get; set; } = [];

    public long? Request { get; set; }

    public int Metadata { get; set; }

    public string Assignment { get; set; } = "";

    public string? TakesOverFrom { get; set; }

    public long LastSeenMs { get; set; }
}
