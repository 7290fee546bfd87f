namespace StreamFlow.Broker.Groups;

/// <summary>A member as an assignor sees it.</summary>
/// <param name="MemberId">Its id.</param>
/// <param name="InstanceId">Its place in the order of a static member; null for a dynamic one.</param>
/// <param name="Topics">What it subscribes to and exists.</param>
/// <param name="Previous">Its last target.</param>
internal sealed record AssignorMember(
    string MemberId, string? InstanceId, IReadOnlyList<TopicInfo> Topics, IReadOnlySet<TopicIdPartition> Previous);

/// <summary>The assignors a member may ask for.</summary>
internal static class ServerAssignors
{
    /// <summary>What a group uses whose members ask for none.</summary>
    public const string Default = UniformAssignor.Name;

    public static bool IsKnown(string name) => name is UniformAssignor.Name or RangeAssignor.Name;

    /// <summary>The names, as error messages show them.</summary>
    public static string Names => $"{UniformAssignor.Name}, {RangeAssignor.Name}";

    /// <summary>Gives every partition of the topics to one of their subscribers.</summary>
    /// <returns>Every member with what it shall have, which may be nothing.</returns>
    public static Dictionary<string, HashSet<TopicIdPartition>> Assign(string name, IReadOnlyList<AssignorMember> members) =>
        name == RangeAssignor.Name ? RangeAssignor.Assign(members) : new UniformAssignor(members).Assign();
}

/// <summary>
/// Each topic for itself: its partitions in order are cut into as many ranges as it has subscribers, the first of them
/// one longer where it does not come out even. Topics of as many partitions are cut alike, so that a member has the same
/// numbers of each.
/// </summary>
internal static class RangeAssignor
{
    public const string Name = "range";

    public static Dictionary<string, HashSet<TopicIdPartition>> Assign(IReadOnlyList<AssignorMember> members)
    {
        var assignment = members.ToDictionary(static member => member.MemberId, static _ => new HashSet<TopicIdPartition>());
        AssignorMember[] ordered =
        [
            .. members.OrderBy(static member => member.InstanceId ?? member.MemberId, StringComparer.Ordinal)
                .ThenBy(static member => member.MemberId, StringComparer.Ordinal),
        ];
        foreach (IGrouping<TopicInfo, AssignorMember> topic in ordered
            .SelectMany(static member => member.Topics.Select(topic => (Topic: topic, Member: member)))
            .GroupBy(static x => x.Topic, static x => x.Member))
        {
            AssignorMember[] subscribers = [.. topic];
            int next = 0;
            for (int i = 0; i < subscribers.Length; i++)
            {
                int count = (topic.Key.Partitions / subscribers.Length)
                    + (i < topic.Key.Partitions % subscribers.Length ? 1 : 0);
                for (int end = next + count; next < end; next++)
                {
                    assignment[subscribers[i].MemberId].Add(new TopicIdPartition(topic.Key.Id, next));
                }
            }
        }

        return assignment;
    }
}
