using StreamFlow.Clients;
using StreamFlow.Processing;
using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Which input gives the next record, and what it costs to find out.</summary>
public sealed class InputQueuesTests
{
    private readonly FakeReader _left = new("left");
    private readonly FakeReader _right = new("right");
    private readonly VirtualTime _time = new();

    [Fact]
    public void Records_come_in_the_order_of_their_timestamps()
    {
        _left.Add(1, 4, 5);
        _right.Add(2, 3, 6);
        _left.AtTheEnd = _right.AtTheEnd = true;

        Assert.Equal("left@1 right@2 right@3 left@4 left@5 right@6", Run(Queues()));
    }

    [Fact]
    public void An_idle_input_is_asked_once_in_a_run()
    {
        _left.Add([.. Enumerable.Range(0, 1000)]);
        _right.AtTheEnd = true;
        var queues = Queues();

        Run(queues, 100);
        Assert.Equal(1, _right.Asked);
        Run(queues, 100);
        Assert.Equal(2, _right.Asked);
    }

    [Fact]
    public void What_an_idle_input_gets_takes_its_place_in_the_next_run()
    {
        _left.Add(1, 2, 10, 11);
        _right.AtTheEnd = true;
        var queues = Queues();
        Assert.Equal("left@1 left@2", Run(queues, 2));

        _right.Add(5);

        Assert.Equal("right@5 left@10 left@11", Run(queues));
    }

    [Fact]
    public void A_batch_that_is_used_up_is_followed_by_the_next_one_in_the_same_run()
    {
        _left.Add(1, 3);
        _left.Add(5);
        _right.Add(2);
        _right.Add(4);
        _right.AtTheEnd = true;

        Assert.Equal("left@1 right@2 left@3 right@4 left@5", Run(Queues()));
    }

    [Fact]
    public void The_task_waits_for_an_input_whose_records_are_on_their_way()
    {
        _left.Add(1);
        var queues = Queues();

        Assert.Equal("", Run(queues));
        _right.AtTheEnd = true;
        Assert.Equal("left@1", Run(queues));
    }

    [Fact]
    public void It_waits_as_long_as_the_idle_time_says_for_an_input_at_its_end()
    {
        _left.Add(1);
        _right.AtTheEnd = true;
        var queues = Queues(maxIdle: 100);

        Assert.Equal("", Run(queues));
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.Equal("", Run(queues));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("left@1", Run(queues));
    }

    [Fact]
    public void It_never_waits_when_the_idle_time_is_negative()
    {
        _left.Add(1);

        Assert.Equal("left@1", Run(Queues(maxIdle: -1)));
    }

    private InputQueues Queues(int maxIdle = 0)
    {
        var source = new FakeSource();
        return new InputQueues(
            new TaskIdling(_time, TimeSpan.FromMilliseconds(maxIdle)),
            [new PartitionQueue(_left, source, -1, -1), new PartitionQueue(_right, source, -1, -1)]);
    }

    private static string Run(InputQueues queues, int maxRecords = int.MaxValue)
    {
        var order = new List<string>();
        queues.BeginRun();
        while (order.Count < maxRecords && queues.Choose() is { } queue)
        {
            order.Add($"{queue.Partition.Topic}@{queue.HeadTimestamp}");
            queue.Advance();
        }

        return string.Join(' ', order);
    }

    private sealed class FakeSource() : SourceProcessor("source")
    {
        public override bool ReadsTimestampFromRecord => false;

        public override bool TryExtractTimestamp(
            in ByteRecord record, Headers? headers, long partitionTime, out long timestamp) =>
            throw new NotSupportedException("Not asked for.");

        public override void Process(in ByteRecord record, Headers? headers, long timestamp) =>
            throw new NotSupportedException("Not asked for.");
    }
}
