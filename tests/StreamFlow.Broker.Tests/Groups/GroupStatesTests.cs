using System.Diagnostics;
using StreamFlow.Broker.Groups;

namespace StreamFlow.Broker.Tests.Groups;

public sealed class GroupStatesTests
{
    private static readonly Dictionary<(GroupState From, GroupEvent Happened), GroupState> Edges = new()
    {
        [(GroupState.Empty, GroupEvent.RebalanceStarted)] = GroupState.PreparingRebalance,
        [(GroupState.CompletingRebalance, GroupEvent.RebalanceStarted)] = GroupState.PreparingRebalance,
        [(GroupState.Stable, GroupEvent.RebalanceStarted)] = GroupState.PreparingRebalance,
        [(GroupState.PreparingRebalance, GroupEvent.GenerationFormed)] = GroupState.CompletingRebalance,
        [(GroupState.PreparingRebalance, GroupEvent.GenerationEmptied)] = GroupState.Empty,
        [(GroupState.CompletingRebalance, GroupEvent.AssignmentReceived)] = GroupState.Stable,
        [(GroupState.Empty, GroupEvent.Closed)] = GroupState.Dead,
        [(GroupState.PreparingRebalance, GroupEvent.Closed)] = GroupState.Dead,
        [(GroupState.CompletingRebalance, GroupEvent.Closed)] = GroupState.Dead,
        [(GroupState.Stable, GroupEvent.Closed)] = GroupState.Dead,
    };

    public static TheoryData<string, string> AllowedEdges() => Pairs(allowed: true);

    public static TheoryData<string, string> ForbiddenEdges() => Pairs(allowed: false);

    [Theory]
    [MemberData(nameof(AllowedEdges))]
    public void Next_allowed_edge_leads_to_the_state_of_the_table(string from, string happened)
    {
        (GroupState state, GroupEvent @event) = (Enum.Parse<GroupState>(from), Enum.Parse<GroupEvent>(happened));

        Assert.Equal(Edges[(state, @event)], GroupStates.Next(state, @event));
    }

    [Theory]
    [MemberData(nameof(ForbiddenEdges))]
    public void Next_forbidden_edge_throws_naming_state_and_event(string from, string happened)
    {
        UnreachableException thrown = Assert.Throws<UnreachableException>(
            () => GroupStates.Next(Enum.Parse<GroupState>(from), Enum.Parse<GroupEvent>(happened)));

        Assert.Contains(from, thrown.Message, StringComparison.Ordinal);
        Assert.Contains(happened, thrown.Message, StringComparison.Ordinal);
    }

    private static TheoryData<string, string> Pairs(bool allowed)
    {
        var pairs = new TheoryData<string, string>();
        foreach (GroupState state in Enum.GetValues<GroupState>())
        {
            foreach (GroupEvent happened in Enum.GetValues<GroupEvent>())
            {
                if (Edges.ContainsKey((state, happened)) == allowed)
                {
                    pairs.Add(state.ToString(), happened.ToString());
                }
            }
        }

        return pairs;
    }
}
