using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Who is in the group and should not be: a program that is no instance of the application and takes partitions away from it,
/// or an instance with another topology, whose tasks are others although they have the same names.
/// </summary>
internal sealed class Strangers(ThreadServices services)
{
    private volatile IReadOnlyList<string> _problems = [];
    private volatile string? _otherLayout;

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>A member with the same topology that shares tasks out by other topics; null when there is none.</summary>
    public string? OtherLayout => _otherLayout;

    public void See(GroupDescription group)
    {
        var own = services.MarkWith(services.Topics);
        var problems = new List<string>();
        string? otherLayout = null;
        foreach (var member in group.Members)
        {
            var mark = MemberMark.In(member.ClientId);
            if (mark is null)
            {
                problems.Add(Guest(member));
            }
            else if (mark.Topology != own.Topology)
            {
                problems.Add(OtherTopology(member, mark, own));
            }
            else if (mark.Layout != own.Layout)
            {
                otherLayout = Name(member);
            }
        }

        _otherLayout = otherLayout;
        _problems = problems;
    }

    private static string Name(GroupMemberDescription member) =>
        $"'{member.ClientId}' (member {member.MemberId}, host {member.Host})";

    private static string Partitions(GroupMemberDescription member) =>
        member.Assigned.Count == 0 ? "no partitions now" : string.Join(", ", member.Assigned);

    private string Guest(GroupMemberDescription member) =>
        $"A stranger is in the group '{services.Options.ApplicationId}': {Name(member)} is no instance of this application, and has "
        + $"{Partitions(member)}. Records there are not processed while it has them, and never if it commits positions. Stop it, or "
        + "give it another group.id";

    private string OtherTopology(GroupMemberDescription member, MemberMark theirs, MemberMark own) =>
        $"An instance with another topology is in the group '{services.Options.ApplicationId}': {Name(member)} runs "
        + $"{theirs.Topology}, this one {own.Topology}, and has {Partitions(member)}. Give applications an ApplicationId each; stop "
        + "all old instances before new ones start, or give both the same TopologyVersion if they may run side by side";
}
