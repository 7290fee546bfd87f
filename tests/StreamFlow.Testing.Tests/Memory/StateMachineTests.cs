using StreamFlow.Testing.Memory;

namespace StreamFlow.Testing.Tests.Memory;

public sealed class StateMachineTests
{
    [Fact]
    public void Producer_moves_along_the_allowed_edges_only()
    {
        var allowed = new Dictionary<(ProducerState, ProducerEvent), ProducerState>
        {
            [(ProducerState.Unregistered, ProducerEvent.Registered)] = ProducerState.Ready,
            [(ProducerState.Ready, ProducerEvent.Begun)] = ProducerState.InTransaction,
            [(ProducerState.InTransaction, ProducerEvent.Committed)] = ProducerState.Ready,
            [(ProducerState.InTransaction, ProducerEvent.Aborted)] = ProducerState.Ready,
            [(ProducerState.InTransaction, ProducerEvent.AbortableError)] = ProducerState.MustAbort,
            [(ProducerState.MustAbort, ProducerEvent.AbortableError)] = ProducerState.MustAbort,
            [(ProducerState.MustAbort, ProducerEvent.Aborted)] = ProducerState.Ready,
        };
        foreach (var state in Enum.GetValues<ProducerState>())
        {
            foreach (var @event in Enum.GetValues<ProducerEvent>())
            {
                ProducerState? expected = @event == ProducerEvent.FatalError ? ProducerState.Fatal
                    : allowed.TryGetValue((state, @event), out var next) ? next
                    : null;
                Assert.Equal(expected, ProducerLife.Next(state, @event));
            }
        }
    }

    [Theory]
    [InlineData("Empty", "AllJoined")]
    [InlineData("Empty", "LastMemberLeft")]
    [InlineData("Stable", "AllJoined")]
    public void Group_refuses_forbidden_edges(string state, string @event) =>
        Assert.Throws<InvalidOperationException>(
            () => ConsumerGroup.Next(Enum.Parse<GroupState>(state), Enum.Parse<GroupEvent>(@event)));
}
