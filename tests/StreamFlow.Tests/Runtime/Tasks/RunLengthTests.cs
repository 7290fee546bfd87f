using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class RunLengthTests
{
    private readonly RunLength _length = new();

    [Fact]
    public void The_first_run_is_a_single_record() => Assert.Equal(1, _length.Records);

    [Fact]
    public void Fast_records_make_runs_long_by_doubling()
    {
        Assert.Equal([2, 4, 8, 16, 32, 64, 128, 128], Enumerable.Range(0, 8).Select(_ => After(microsecondsPerRecord: 1)));
    }

    [Theory]
    [InlineData(1, 128)]
    [InlineData(10, 100)]
    [InlineData(100, 10)]
    [InlineData(999, 1)]
    [InlineData(1_000_000, 1)]
    public void A_run_takes_about_a_millisecond(int microsecondsPerRecord, int expected)
    {
        for (var i = 0; i < 10; i++)
        {
            After(microsecondsPerRecord);
        }

        Assert.Equal(expected, _length.Records);
    }

    [Fact]
    public void One_slow_run_is_enough_to_go_record_by_record()
    {
        for (var i = 0; i < 10; i++)
        {
            After(1);
        }

        Assert.Equal(1, After(2000));
    }

    [Fact]
    public void A_clock_that_stands_still_is_no_reason_for_short_runs()
    {
        for (var i = 0; i < 10; i++)
        {
            After(0);
        }

        Assert.Equal(RunLength.Longest, _length.Records);
    }

    private int After(int microsecondsPerRecord)
    {
        _length.Learn(_length.Records, TimeSpan.FromMicroseconds((long)microsecondsPerRecord * _length.Records));
        return _length.Records;
    }
}
