using StreamFlow.Kafka.Producers;

namespace StreamFlow.Kafka.Tests.Producers;

/// <summary>Every transition, and that there are no others.</summary>
public sealed class TransactionStatesTests
{
    private static readonly Dictionary<(TransactionState, TransactionEvent), TransactionState> Allowed = new()
    {
        [(TransactionState.Uninitialized, TransactionEvent.Initialized)] = TransactionState.Ready,
        [(TransactionState.Ready, TransactionEvent.Begun)] = TransactionState.Open,
        [(TransactionState.Open, TransactionEvent.OffsetsSent)] = TransactionState.Open,
        [(TransactionState.Open, TransactionEvent.CommitBegun)] = TransactionState.Committing,
        [(TransactionState.Open, TransactionEvent.AbortBegun)] = TransactionState.Aborting,
        [(TransactionState.Open, TransactionEvent.AbortRequired)] = TransactionState.MustAbort,
        [(TransactionState.Open, TransactionEvent.RecordRefused)] = TransactionState.MustAbort,
        [(TransactionState.MustAbort, TransactionEvent.AbortBegun)] = TransactionState.Aborting,
        [(TransactionState.MustAbort, TransactionEvent.AbortRequired)] = TransactionState.MustAbort,
        [(TransactionState.MustAbort, TransactionEvent.RecordRefused)] = TransactionState.MustAbort,
        [(TransactionState.Committing, TransactionEvent.CommitBegun)] = TransactionState.Committing,
        [(TransactionState.Committing, TransactionEvent.Committed)] = TransactionState.Ready,
        [(TransactionState.Committing, TransactionEvent.AbortRequired)] = TransactionState.MustAbort,
        [(TransactionState.Aborting, TransactionEvent.AbortBegun)] = TransactionState.Aborting,
        [(TransactionState.Aborting, TransactionEvent.Aborted)] = TransactionState.Ready,
        [(TransactionState.Aborting, TransactionEvent.AbortRequired)] = TransactionState.MustAbort,
    };

    [Fact]
    public void Next_knows_the_allowed_transitions_and_refuses_all_others()
    {
        foreach (var state in Enum.GetValues<TransactionState>())
        {
            foreach (var @event in Enum.GetValues<TransactionEvent>())
            {
                if (@event == TransactionEvent.Failed)
                {
                    Assert.Equal(TransactionState.Failed, TransactionStates.Next(state, @event));
                }
                else if (Allowed.TryGetValue((state, @event), out var next))
                {
                    Assert.Equal(next, TransactionStates.Next(state, @event));
                }
                else
                {
                    Assert.Throws<InvalidOperationException>(() => TransactionStates.Next(state, @event));
                }
            }
        }
    }
}
