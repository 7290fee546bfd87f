using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

/// <summary>Which records are suspected, found out and forgotten.</summary>
public sealed class SlowRecordsTests
{
    private static readonly TopicPartition In = new("in", 0);
    private static readonly TopicPartition Other = new("in", 1);
    private readonly SlowRecords _records = new();

    [Fact]
    public void All_records_of_a_run_are_suspected_and_no_others()
    {
        Outlasted(records: 3, new RunRange(In, 5, 8));

        Assert.Equal([5L, 6, 7], Enumerable.Range(0, 12).Select(i => (long)i).Where(i => _records.IsSuspect(In, i, out _)));
        Assert.False(_records.IsSuspect(Other, 6, out _));
        Assert.True(_records.Any);
    }

    [Fact]
    public void Only_one_that_outlasts_it_again_and_alone_is_found_out()
    {
        Outlasted(records: 3, new RunRange(In, 5, 8));
        Outlasted(records: 2, new RunRange(In, 5, 7));
        Outlasted(records: 1, new RunRange(Other, 6, 7));
        Assert.Equal([null, null, null], Verdicts());

        Outlasted(records: 1, new RunRange(In, 6, 7));

        Assert.Equal([false, true, false], Verdicts().Select(v => v is not null));
    }

    [Fact]
    public void They_are_forgotten_when_all_of_their_run_are_committed()
    {
        Outlasted(records: 3, new RunRange(In, 5, 8), new RunRange(Other, 1, 3));

        _records.Committed(In, 7);
        Assert.True(_records.IsSuspect(In, 7, out _));
        _records.Committed(In, 8);
        Assert.False(_records.IsSuspect(In, 7, out _));
        Assert.True(_records.Any);
        Assert.True(_records.IsSuspect(Other, 1, out _));
        _records.Committed(Other, 3);
        Assert.False(_records.Any);
    }

    private List<SlowRecordException?> Verdicts() =>
        [.. new[] { 5L, 6, 7 }.Select(offset => _records.IsSuspect(In, offset, out var verdict) ? verdict : null)];

    private void Outlasted(int records, params RunRange[] run) => _records.Outlasted(
        NullLogger.Instance, new TaskId(0, 0), run, records, TimeSpan.FromMinutes(6), TimeSpan.FromMinutes(5));
}
