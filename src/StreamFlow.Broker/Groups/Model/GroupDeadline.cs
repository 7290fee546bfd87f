namespace StreamFlow.Broker.Groups;

/// <summary>Deadlines are monotonic milliseconds.</summary>
internal static class GroupDeadline
{
    /// <summary>No deadline.</summary>
    public const long Never = long.MaxValue;
}
