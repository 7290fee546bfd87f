using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Since when a thread has been at a record, as others see it.</summary>
public sealed class StepWatchTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly VirtualTime _time = new();
    private readonly WorkAtHand _work;
    private readonly StepWatch _watch;
    private readonly RecordContext _record = new(keepsRaw: false, new TaskId(0, 3));

    public StepWatchTests()
    {
        _work = new WorkAtHand(_time);
        _watch = new StepWatch(_work, _time);
    }

    [Fact]
    public void A_record_lasts_from_the_beginning_of_its_run()
    {
        _watch.Look();
        _time.Advance(10 * Second);
        _work.Begin(WorkKind.Records, _record);
        At(offset: 7);
        _time.Advance(30 * Second);

        var (work, lasts) = _watch.Look();

        Assert.Equal((30 * Second, "processing record in-0 offset 7 of task 0_3"), (lasts, work.ToString()));
        _time.Advance(30 * Second);
        Assert.Equal(60 * Second, _watch.Look().Lasts);
    }

    [Fact]
    public void A_thread_that_goes_from_record_to_record_stands_at_none()
    {
        _work.Begin(WorkKind.Records, _record);
        for (var offset = 0; offset < 100; offset++)
        {
            At(offset);
            _time.Advance(Second);
            Assert.Equal(Second, _watch.Look().Lasts);
        }
    }

    [Fact]
    public void The_same_record_again_is_another_step()
    {
        At(offset: 7);
        _work.Begin(WorkKind.Records, _record);
        _time.Advance(30 * Second);
        _watch.Look();
        At(offset: 7);

        Assert.True(_watch.Look().Lasts < Second);
    }

    [Fact]
    public void A_thread_that_polls_stands_at_nothing()
    {
        At(offset: 7);
        _work.Begin(WorkKind.Records, _record);
        _time.Advance(30 * Second);
        _work.Begin(WorkKind.Poll);

        var (work, lasts) = _watch.Look();

        Assert.Equal((TimeSpan.Zero, null, null), (lasts, work.TaskId, work.Record));
    }

    /// <summary>Reader and writer share no lock: a position is that of one record or none, never of two.</summary>
    [Fact]
    public async Task A_position_is_never_made_of_two_records()
    {
        var names = Enumerable.Range(0, 10).Select(i => $"topic{i}").ToArray();
        var done = false;
        var reader = Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
            {
                if (_record.Position() is { } at)
                {
                    Assert.Equal((names[at.Offset % 10], (int)(at.Offset % 7)), (at.Partition.Topic, at.Partition.Partition));
                }

                if (_record.TryGetLast(out var last, out var timestamp))
                {
                    Assert.Equal((names[timestamp % 10], timestamp), (last.Partition.Topic, last.Offset));
                }
            }
        });
        for (var offset = 0; offset < 2_000_000; offset++)
        {
            _record.Show(names[offset % 10], offset % 7, offset);
            _record.Finish(offset);
        }

        Volatile.Write(ref done, true);
        await reader;
    }

    private void At(long offset) => _record.Show("in", 0, offset);
}
