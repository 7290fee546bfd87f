using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Tests.Processing;

public sealed class SentResultsTests
{
    private readonly SentResults _sent = new();

    [Fact]
    public void Records_are_found_by_the_producers_count()
    {
        Took(10);
        Took(11);

        Assert.Equal([10, 11, null], Find(0, 3));
    }

    [Fact]
    public void Results_that_may_be_on_their_way_are_kept_older_ones_overwritten()
    {
        const int Kept = SentResults.Capacity;
        for (var i = 0; i < Kept * 2; i++)
        {
            Took(i);
        }

        Assert.Equal([null, Kept, Kept + 1], Find(Kept - 1, 3));
        Assert.Equal([(Kept * 2) - 1, null], Find((Kept * 2) - 1, 2));
    }

    [Fact]
    public void What_is_settled_is_forgotten_and_the_count_goes_on()
    {
        Took(10);
        _sent.Settle();
        Took(11);

        Assert.Equal([null, 11], Find(0, 2));
    }

    /// <summary>They lie in a ring: what is settled may go over its end, or be more than it holds.</summary>
    [Theory]
    [InlineData(10, SentResults.Capacity - 5)]
    [InlineData(10, SentResults.Capacity)]
    [InlineData(0, (SentResults.Capacity * 2) + 3)]
    public void All_that_is_settled_is_forgotten_wherever_it_lies(int before, int count)
    {
        for (var i = 0; i < before; i++)
        {
            Took(i);
        }

        _sent.Settle();
        for (var i = 0; i < count; i++)
        {
            Took(i);
        }

        _sent.Settle();
        Took(-1);

        Assert.All(Find(before, count), Assert.Null);
        Assert.Equal([-1], Find(before + count, 1));
    }

    [Fact]
    public void Another_producer_counts_from_the_beginning()
    {
        Took(10);
        _sent.Restart();
        Took(11);

        Assert.Equal([11, null], Find(0, 2));
    }

    [Fact]
    public void Nothing_is_allocated_per_record_once_the_room_is_there()
    {
        var (allocated, _) = SteadyAllocation.Measure(() =>
        {
            for (var i = 0; i < 5000; i++)
            {
                Took(i);
            }

            _sent.Settle();
        });

        Assert.Equal(0, allocated);
    }

    private void Took(long offset) => _sent.Took(
        new SentResult(null!, "sink", new RecordOrigin("in", 0, offset, null), 1));

    private IEnumerable<long?> Find(long number, int count) => Enumerable.Range(0, count)
        .Select(i => _sent.TryFind(number + i, out var result) ? result.Origin.Offset : (long?)null);
}
