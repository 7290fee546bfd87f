using System.Diagnostics;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Transactions;

public sealed class TransactionStatesTests
{
    private static readonly Dictionary<(TransactionState, TransactionEvent), TransactionState> Edges = new()
    {
        [(TransactionState.Empty, TransactionEvent.ProducerInitialised)] = TransactionState.Empty,
        [(TransactionState.CompleteCommit, TransactionEvent.ProducerInitialised)] = TransactionState.Empty,
        [(TransactionState.CompleteAbort, TransactionEvent.ProducerInitialised)] = TransactionState.Empty,
        [(TransactionState.Empty, TransactionEvent.PartitionsAdded)] = TransactionState.Ongoing,
        [(TransactionState.CompleteCommit, TransactionEvent.PartitionsAdded)] = TransactionState.Ongoing,
        [(TransactionState.CompleteAbort, TransactionEvent.PartitionsAdded)] = TransactionState.Ongoing,
        [(TransactionState.Ongoing, TransactionEvent.PartitionsAdded)] = TransactionState.Ongoing,
        [(TransactionState.Ongoing, TransactionEvent.CommitDecided)] = TransactionState.PrepareCommit,
        [(TransactionState.Empty, TransactionEvent.AbortDecided)] = TransactionState.PrepareAbort,
        [(TransactionState.CompleteCommit, TransactionEvent.AbortDecided)] = TransactionState.PrepareAbort,
        [(TransactionState.CompleteAbort, TransactionEvent.AbortDecided)] = TransactionState.PrepareAbort,
        [(TransactionState.Ongoing, TransactionEvent.AbortDecided)] = TransactionState.PrepareAbort,
        [(TransactionState.PrepareCommit, TransactionEvent.MarkersWritten)] = TransactionState.CompleteCommit,
        [(TransactionState.PrepareAbort, TransactionEvent.MarkersWritten)] = TransactionState.CompleteAbort,
        [(TransactionState.Empty, TransactionEvent.Expired)] = TransactionState.Dead,
        [(TransactionState.CompleteCommit, TransactionEvent.Expired)] = TransactionState.Dead,
        [(TransactionState.CompleteAbort, TransactionEvent.Expired)] = TransactionState.Dead,
    };

    public static TheoryData<string, string> AllowedEdges() => Pairs(allowed: true);

    public static TheoryData<string, string> ForbiddenEdges() => Pairs(allowed: false);

    [Theory]
    [MemberData(nameof(AllowedEdges))]
    public void Next_allowed_edge_leads_to_the_state_of_the_table(string from, string happened)
    {
        (TransactionState state, TransactionEvent @event) =
            (Enum.Parse<TransactionState>(from), Enum.Parse<TransactionEvent>(happened));

        Assert.Equal(Edges[(state, @event)], TransactionStates.Next(state, @event));
    }

    [Theory]
    [MemberData(nameof(ForbiddenEdges))]
    public void Next_forbidden_edge_throws_naming_state_and_event(string from, string happened)
    {
        UnreachableException thrown = Assert.Throws<UnreachableException>(() => TransactionStates.Next(
            Enum.Parse<TransactionState>(from), Enum.Parse<TransactionEvent>(happened)));

        Assert.Contains(from, thrown.Message, StringComparison.Ordinal);
        Assert.Contains(happened, thrown.Message, StringComparison.Ordinal);
    }

    private static TheoryData<string, string> Pairs(bool allowed)
    {
        var pairs = new TheoryData<string, string>();
        foreach (TransactionState state in Enum.GetValues<TransactionState>())
        {
            foreach (TransactionEvent happened in Enum.GetValues<TransactionEvent>())
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
