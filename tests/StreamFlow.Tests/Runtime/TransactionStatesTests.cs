using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class TransactionStatesTests
{
    [Theory]
    [InlineData(nameof(TransactionState.Unregistered), nameof(TransactionEvent.Registered), nameof(TransactionState.Ready))]
    [InlineData(nameof(TransactionState.Unregistered), nameof(TransactionEvent.Begun), null)]
    [InlineData(nameof(TransactionState.Unregistered), nameof(TransactionEvent.Ended), null)]
    [InlineData(nameof(TransactionState.Unregistered), nameof(TransactionEvent.Lost), nameof(TransactionState.Unregistered))]
    [InlineData(nameof(TransactionState.Ready), nameof(TransactionEvent.Registered), null)]
    [InlineData(nameof(TransactionState.Ready), nameof(TransactionEvent.Begun), nameof(TransactionState.Open))]
    [InlineData(nameof(TransactionState.Ready), nameof(TransactionEvent.Ended), null)]
    [InlineData(nameof(TransactionState.Ready), nameof(TransactionEvent.Lost), nameof(TransactionState.Unregistered))]
    [InlineData(nameof(TransactionState.Open), nameof(TransactionEvent.Registered), null)]
    [InlineData(nameof(TransactionState.Open), nameof(TransactionEvent.Begun), null)]
    [InlineData(nameof(TransactionState.Open), nameof(TransactionEvent.Ended), nameof(TransactionState.Ready))]
    [InlineData(nameof(TransactionState.Open), nameof(TransactionEvent.Lost), nameof(TransactionState.Unregistered))]
    public void Next_takes_the_edges_of_the_table_and_no_others(string from, string happened, string? expected) =>
        Assert.Equal(
            expected,
            TransactionStates.Next(Enum.Parse<TransactionState>(from), Enum.Parse<TransactionEvent>(happened))?.ToString());
}
