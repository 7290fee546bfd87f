namespace StreamFlow.Kafka.Tests.Support;

/// <summary>The judge of <c>ClusterTests</c> sees what it has to see.</summary>
public sealed class PartitionHistoryTests
{
    private static readonly TopicPartition Partition = new("t", 0);
    private readonly PartitionHistory _history = new();

    [Fact]
    public void Records_that_come_twice_without_a_loss_are_told_with_their_story()
    {
        Read(1, 0, 9);
        Add(PartitionEvent.Committed, 1);
        Add(PartitionEvent.Revoked, 1);
        Read(2, 8, 20);

        var told = Assert.Single(_history.UnexplainedRepetitions());

        Assert.Contains("[8..20] by 2", told, StringComparison.Ordinal);
        Assert.Contains("Committed", told, StringComparison.Ordinal);
        Assert.Equal(21, _history.Distinct);
    }

    [Theory]
    [InlineData("Lost")]
    [InlineData("CommitRefused")]
    public void Records_come_twice_after_a_loss_or_a_refused_commit_of_their_reader(string what)
    {
        Read(1, 0, 9);
        Add(Enum.Parse<PartitionEvent>(what), 1);
        Read(2, 0, 20);

        Assert.Empty(_history.UnexplainedRepetitions());
    }

    [Fact]
    public void A_reader_may_be_told_of_its_loss_after_others_have_read()
    {
        Read(1, 0, 9);
        Read(2, 0, 20);
        Add(PartitionEvent.Lost, 1);

        Assert.Empty(_history.UnexplainedRepetitions());
    }

    [Fact]
    public void A_later_loss_explains_neither_what_its_reader_read_again_nor_what_it_had_committed()
    {
        Read(1, 0, 9);
        Add(PartitionEvent.Committed, 1);
        Read(1, 5, 12);
        Read(1, 12, 14);
        Add(PartitionEvent.Lost, 1);
        Read(2, 0, 2);

        Assert.Equal(3, _history.UnexplainedRepetitions().Count());
    }

    [Fact]
    public void What_somebody_else_lost_explains_nothing()
    {
        Read(1, 0, 9);
        Add(PartitionEvent.Revoked, 1);
        Read(2, 10, 12);
        Add(PartitionEvent.Lost, 2);
        Read(3, 9, 20);

        Assert.Contains("goes over   #0", Assert.Single(_history.UnexplainedRepetitions()), StringComparison.Ordinal);
    }

    private void Read(int reader, long from, long to) =>
        _history.Add(PartitionEvent.Read, Partition, reader, "member", from, to);

    private void Add(PartitionEvent what, int reader) => _history.Add(what, Partition, reader, "member");
}
