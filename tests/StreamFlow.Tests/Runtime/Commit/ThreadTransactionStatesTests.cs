using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class ThreadTransactionStatesTests
{
    [Theory]
    [InlineData(nameof(ThreadTransactionState.Unregistered), nameof(ThreadTransactionEvent.Registered), nameof(ThreadTransactionState.Ready))]
    [InlineData(nameof(ThreadTransactionState.Unregistered), nameof(ThreadTransactionEvent.Begun), null)]
    [InlineData(nameof(ThreadTransactionState.Unregistered), nameof(ThreadTransactionEvent.Ended), null)]
    [InlineData(nameof(ThreadTransactionState.Unregistered), nameof(ThreadTransactionEvent.Lost), nameof(ThreadTransactionState.Unregistered))]
    [InlineData(nameof(ThreadTransactionState.Ready), nameof(ThreadTransactionEvent.Registered), null)]
    [InlineData(nameof(ThreadTransactionState.Ready), nameof(ThreadTransactionEvent.Begun), nameof(ThreadTransactionState.Open))]
    [InlineData(nameof(ThreadTransactionState.Ready), nameof(ThreadTransactionEvent.Ended), null)]
    [InlineData(nameof(ThreadTransactionState.Ready), nameof(ThreadTransactionEvent.Lost), nameof(ThreadTransactionState.Unregistered))]
    [InlineData(nameof(ThreadTransactionState.Open), nameof(ThreadTransactionEvent.Registered), null)]
    [InlineData(nameof(ThreadTransactionState.Open), nameof(ThreadTransactionEvent.Begun), null)]
    [InlineData(nameof(ThreadTransactionState.Open), nameof(ThreadTransactionEvent.Ended), nameof(ThreadTransactionState.Ready))]
    [InlineData(nameof(ThreadTransactionState.Open), nameof(ThreadTransactionEvent.Lost), nameof(ThreadTransactionState.Unregistered))]
    public void Next_takes_the_edges_of_the_table_and_no_others(string from, string happened, string? expected) =>
        Assert.Equal(
            expected,
            ThreadTransactionStates.Next(Enum.Parse<ThreadTransactionState>(from), Enum.Parse<ThreadTransactionEvent>(happened))?.ToString());
}
