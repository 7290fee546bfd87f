using StreamFlow.Tests.Dsl;

namespace StreamFlow.Tests.Processing;

public sealed class SinkProcessorTests
{
    /// <summary>Expected partitions were computed by <c>org.apache.kafka.common.utils.Utils.murmur2</c>.</summary>
    [Theory]
    [InlineData("abc", 7)]
    [InlineData("order-17", 61)]
    [InlineData("", 81)]
    [InlineData("ä€", 33)]
    public void Key_decides_the_partition_as_in_Kafkas_clients(string key, int partition)
    {
        var harness = Through(b => b.Stream<string, string>("in").To("out"), partitionCount: 100);

        harness.Pipe("in", key, "v", 1);

        Assert.Equal(partition, harness.Take("out").Single().Partition);
    }

    [Fact]
    public void Partitioner_may_choose_one_some_all_none_or_leave_the_choice()
    {
        var harness = Through(
            b => b.Stream<string, string>("in").To("out", new()
            {
                Partitioner = (topic, record, count) => record.Value switch
                {
                    "last" => count - 1,
                    "all" => Partitions.All,
                    "none" => Partitions.None,
                    "some" => Partitions.Of(2, 0, 2),
                    "nobody" => Partitions.Of([]),
                    _ => Partitions.Default,
                },
            }),
            partitionCount: 3);

        harness.Pipe("in", "k", "last", 1);
        harness.Pipe("in", "k", "all", 2);
        harness.Pipe("in", "k", "none", 3);
        harness.Pipe("in", "k", "some", 4);
        harness.Pipe("in", "k", "nobody", 5);

        Assert.Equal([2, 0, 1, 2, 2, 0], harness.Take("out").Select(record => record.Partition));
        Assert.Equal(2, harness.DroppedBy(DropReason.NoPartition));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-4)]
    public void Partition_that_does_not_exist_fails_the_record(int partition)
    {
        var harness = Through(
            b => b.Stream<string, string>("in").To("out", new() { Partitioner = (_, _, _) => partition }),
            partitionCount: 3);

        var error = Assert.Throws<RecordFailedException>(() => harness.Pipe("in", "k", "v", 1));

        Assert.Contains($"partition {partition} of out, which has 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Topic_chooser_that_throws_or_chooses_nothing_is_handled()
    {
        var stages = new List<ErrorStage>();
        ErrorResponse Handle(in ErrorContext error)
        {
            stages.Add(error.Stage);
            return ErrorResponse.Continue;
        }

        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To(record => record.Value == "empty"
            ? string.Empty
            : record.Value == "throw" ? throw new InvalidOperationException("no") : record.Value);
        var harness = new TaskHarness(builder.Build(), Handle);

        harness.Pipe("in", "k", "empty", 1);
        harness.Pipe("in", "k", "throw", 2);
        harness.Pipe("in", "k", "topic", 3);

        Assert.Equal([ErrorStage.Processing, ErrorStage.Processing], stages);
        Assert.Equal("k=topic@3", harness.Read("topic"));
    }

    [Fact]
    public void Record_the_client_refuses_goes_to_the_production_handler()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").To("out");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("in", "k", new string('x', FakeProducer.MaxValueBytes + 1), 1);
        harness.Pipe("in", "k", "small", 2);

        Assert.Equal("k=small@2", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Production));
    }

    [Fact]
    public void Record_refused_on_the_way_to_a_repartition_topic_goes_there_too()
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").Repartition().To("out");
        var harness = new TaskHarness(builder.Build(), static (in ErrorContext _) => ErrorResponse.Continue);

        harness.Pipe("in", "k", new string('x', FakeProducer.MaxValueBytes + 1), 1);
        harness.Pipe("in", "k", "small", 2);

        Assert.Equal("k=small@2", harness.Read("out"));
        Assert.Equal(1, harness.DroppedBy(DropReason.Production));
    }

    private static TaskHarness Through(Action<StreamsBuilder> describe, int partitionCount)
    {
        var builder = new StreamsBuilder();
        describe(builder);
        return new TaskHarness(builder.Build(), partitionCount: partitionCount);
    }
}
