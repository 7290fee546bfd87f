using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

/// <summary>What a client of a consumer group knows of itself.</summary>
internal sealed class SimulatedConsumer
{
    public required string MemberId { get; set; }

    public string? InstanceId { get; init; }

    /// <summary>True for one that speaks the classic protocol, as a cooperative assignor does.</summary>
    public bool IsClassic { get; init; }

    public string[] Topics { get; set; } = [];

    public string Pattern { get; set; } = "";

    /// <summary>Its epoch, or its generation; zero while it is outside.</summary>
    public int Epoch { get; set; }

    /// <summary>True while a classic one has changed its mind and not joined since: it speaks of it in joins only.</summary>
    public bool MustJoin { get; set; }

    /// <summary>True between the answer to a classic join and the assignment.</summary>
    public bool MustSync { get; set; }

    /// <summary>What it consumes: no other member may.</summary>
    public HashSet<TopicIdPartition> Owned { get; set; } = [];

    /// <summary>What it was told to have.</summary>
    public HashSet<TopicIdPartition> Told { get; set; } = [];

    /// <summary>True when it has to give something up first.</summary>
    public bool MustRevoke => Owned.Any(partition => !Told.Contains(partition));

    public bool IsSettled => Epoch > 0 && !MustSync && Owned.SetEquals(Told);

    public void Forget()
    {
        Epoch = 0;
        MustSync = false;
        Owned = [];
        Told = [];
    }
}
