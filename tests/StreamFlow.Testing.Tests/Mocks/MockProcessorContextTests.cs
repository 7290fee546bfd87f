using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Mocks;

public sealed class MockProcessorContextTests
{
    [Fact]
    public void Processor_is_tested_alone()
    {
        var mock = new MockProcessorContext<string, long>
        {
            ApplicationId = "shop",
            TaskId = new TaskId(1, 2),
            RecordMetadata = new RecordPosition(new TopicPartition("orders", 2), 7),
            CurrentStreamTimeMs = 5,
            CurrentSystemTimeMs = 6,
        };
        var counts = mock.AddStateStore(new KeyValueStoreBuilder<string, long>("counts"));
        counts.Put("k", 41, 1);
        var processor = new Counting();

        processor.Init(mock.Context);
        processor.Process(new Record<string, string>("k", "v", 5));
        processor.Process(new Record<string, string>("j", "child", 6));

        Assert.Equal(
            [(new Record<string, long>("k", 42, 5), null), (new Record<string, long>("j", 1, 6), "child")],
            mock.Forwarded.Select(forward => (forward.Record, forward.ChildName)));
        Assert.True(counts.TryGet("k", out var count));
        Assert.Equal(42, count);
        Assert.Equal("shop 1_2 orders-2 offset 7 5 6", processor.Seen);

        Assert.True(mock.IsCommitRequested);
        mock.Reset();
        Assert.False(mock.IsCommitRequested);
        Assert.Empty(mock.Forwarded);
    }

    [Fact]
    public void Punctuations_are_called_by_hand()
    {
        var mock = new MockProcessorContext<string, long>();
        mock.AddStateStore(new KeyValueStoreBuilder<string, long>("counts"));
        new Counting().Init(mock.Context);

        var scheduled = Assert.Single(mock.Scheduled);
        Assert.Equal(
            (TimeSpan.FromSeconds(1), PunctuationType.WallClockTime, DateTimeOffset.UnixEpoch),
            (scheduled.Interval, scheduled.Type, scheduled.StartTime));
        scheduled.Punctuate(9);

        Assert.Equal(new Record<string, long>("time", 9, 9), Assert.Single(mock.Forwarded).Record);
        Assert.True(scheduled.IsCancelled);
        Assert.Throws<InvalidOperationException>(() => scheduled.Punctuate(10));
    }

    [Fact]
    public void Processor_with_fixed_keys_gets_records_that_only_the_mock_can_make()
    {
        var mock = new MockProcessorContext<string, int>();
        var processor = new Length();

        processor.Init(mock.FixedKeyContext);
        processor.Process(mock.FixedKeyRecord(new Record<string, string>("k", "four", 5)));

        Assert.Equal(new Record<string, int>("k", 4, 5), Assert.Single(mock.Forwarded).Record);
    }

    [Fact]
    public void What_is_wrong_in_a_task_is_wrong_here()
    {
        var mock = new MockProcessorContext<string, long>();
        mock.AddStateStore(new KeyValueStoreBuilder<string, string>("counts"));

        Assert.Throws<StreamsException>(() => new Counting().Init(mock.Context));
        Assert.Throws<StreamsException>(() => mock.Context.GetStateStore<IKeyValueStore<string, string>>("nope"));
        Assert.Throws<ArgumentException>(() => mock.AddStateStore(new KeyValueStoreBuilder<string, string>("counts")));
        Assert.Throws<ArgumentException>(() => mock.Context.Forward(new Record<string, long>("k", 1, -1)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => mock.Context.Schedule(TimeSpan.Zero, PunctuationType.StreamTime, _ => { }));
    }

    private sealed class Counting : ContextualProcessor<string, string, string, long>
    {
        private IKeyValueStore<string, long> _counts = null!;

        public string? Seen { get; private set; }

        public override void Init(ProcessorContext<string, long> context)
        {
            base.Init(context);
            _counts = context.GetStateStore<IKeyValueStore<string, long>>("counts");
            Cancellable? call = null;
            call = context.Schedule(
                TimeSpan.FromSeconds(1),
                PunctuationType.WallClockTime,
                time =>
                {
                    context.Forward(new Record<string, long>("time", time, time));
                    call!.Cancel();
                },
                DateTimeOffset.UnixEpoch);
        }

        public override void Process(Record<string, string> record)
        {
            Seen = $"{Context.ApplicationId} {Context.TaskId} {Context.RecordMetadata} {Context.CurrentStreamTimeMs} {Context.CurrentSystemTimeMs}";
            _counts.TryGet(record.Key, out var count);
            _counts.Put(record.Key, ++count, record.Timestamp);
            if (record.Value == "child")
            {
                Context.Forward(record.WithValue(count), "child");
            }
            else
            {
                Context.Forward(record.WithValue(count));
            }

            Context.Commit();
        }
    }

    private sealed class Length : ContextualFixedKeyProcessor<string, string, int>
    {
        public override void Process(FixedKeyRecord<string, string> record) => Context.Forward(record.WithValue(record.Value.Length));
    }
}
