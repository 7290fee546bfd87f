using StreamFlow.Kafka.Producers;

namespace StreamFlow.Kafka.Tests.Producers;

/// <summary>Every transition, and that there are no others.</summary>
public sealed class ProducerTransactionStatesTests
{
    private static readonly Dictionary<(ProducerTransactionState, ProducerTransactionEvent), ProducerTransactionState> Allowed = new()
    {
        [(ProducerTransactionState.Uninitialized, ProducerTransactionEvent.Initialized)] = ProducerTransactionState.Ready,
        [(ProducerTransactionState.Ready, ProducerTransactionEvent.Begun)] = ProducerTransactionState.Open,
        [(ProducerTransactionState.Open, ProducerTransactionEvent.OffsetsSent)] = ProducerTransactionState.Open,
        [(ProducerTransactionState.Open, ProducerTransactionEvent.CommitBegun)] = ProducerTransactionState.Committing,
        [(ProducerTransactionState.Open, ProducerTransactionEvent.AbortBegun)] = ProducerTransactionState.Aborting,
        [(ProducerTransactionState.Open, ProducerTransactionEvent.AbortRequired)] = ProducerTransactionState.MustAbort,
        [(ProducerTransactionState.Open, ProducerTransactionEvent.RecordRefused)] = ProducerTransactionState.MustAbort,
        [(ProducerTransactionState.MustAbort, ProducerTransactionEvent.AbortBegun)] = ProducerTransactionState.Aborting,
        [(ProducerTransactionState.MustAbort, ProducerTransactionEvent.AbortRequired)] = ProducerTransactionState.MustAbort,
        [(ProducerTransactionState.MustAbort, ProducerTransactionEvent.RecordRefused)] = ProducerTransactionState.MustAbort,
        [(ProducerTransactionState.Committing, ProducerTransactionEvent.CommitBegun)] = ProducerTransactionState.Committing,
        [(ProducerTransactionState.Committing, ProducerTransactionEvent.Committed)] = ProducerTransactionState.Ready,
        [(ProducerTransactionState.Committing, ProducerTransactionEvent.AbortRequired)] = ProducerTransactionState.MustAbort,
        [(ProducerTransactionState.Aborting, ProducerTransactionEvent.AbortBegun)] = ProducerTransactionState.Aborting,
        [(ProducerTransactionState.Aborting, ProducerTransactionEvent.Aborted)] = ProducerTransactionState.Ready,
        [(ProducerTransactionState.Aborting, ProducerTransactionEvent.AbortRequired)] = ProducerTransactionState.MustAbort,
    };

    [Fact]
    public void Next_knows_the_allowed_transitions_and_refuses_all_others()
    {
        foreach (var state in Enum.GetValues<ProducerTransactionState>())
        {
            foreach (var @event in Enum.GetValues<ProducerTransactionEvent>())
            {
                if (@event == ProducerTransactionEvent.Failed)
                {
                    Assert.Equal(ProducerTransactionState.Failed, ProducerTransactionStates.Next(state, @event));
                }
                else if (Allowed.TryGetValue((state, @event), out var next))
                {
                    Assert.Equal(next, ProducerTransactionStates.Next(state, @event));
                }
                else
                {
                    Assert.Throws<InvalidOperationException>(() => ProducerTransactionStates.Next(state, @event));
                }
            }
        }
    }
}
