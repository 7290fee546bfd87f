using System.Globalization;
using System.Reactive.Linq;
using System.Reactive.Subjects;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Reactive.Tests.Support;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Reactive.Tests;

/// <summary>Topics as observables and sequences, observables as sources of topics, operators between two.</summary>
public sealed class TopicTests
{
    [Fact]
    public async Task A_topic_is_observed_from_its_beginning_and_on()
    {
        await using var harness = new Harness(("in", 2));
        harness.Send("in", "a", "1");
        harness.Send("in", "b", "2", partition: 1);
        var seen = new Seen<string>();
        var subscription = harness.Kafka.ObserveTopic("in", Reading()).Select(Text).Subscribe(seen);
        await Harness.Until(() => seen.Items.Count == 2, "what was there");
        harness.Send("in", "a", null);
        await Harness.Until(() => seen.Items.Count == 3, "what came later");
        subscription.Dispose();
        harness.Send("in", "a", "4");
        await Task.Delay(100);

        Assert.Equal(["a=1", "b=2"], seen.Items.Take(2).Order());
        Assert.Equal("a=-", seen.Items[2]);
        Assert.Equal(3, seen.Items.Count);
        Assert.False(seen.IsCompleted);
    }

    [Theory]
    [InlineData(OffsetReset.Earliest)]
    [InlineData(OffsetReset.Latest)]
    public async Task Partitions_that_come_later_are_read_whole_and_the_others_go_on_where_they_were(OffsetReset from)
    {
        await using var harness = new Harness(("in", 2));
        var seen = new Seen<string>();
        var options = Reading() with { From = from, PartitionsInterval = TimeSpan.FromMilliseconds(20) };
        using var subscription = harness.Kafka.ObserveTopic("in", options).Select(Text).Subscribe(seen);
        await Harness.Until(() => Sent(harness, "a") < seen.Items.Count, "reading to begin");
        harness.Kafka.AddPartitions("in", 3);
        harness.Send("in", "new", "1", partition: 2);
        harness.Send("in", "b", "1", partition: 1);
        await Harness.Until(() => seen.Items.Contains("new=1") && seen.Items.Contains("b=1"), "all three partitions");

        Assert.Equal(seen.Items.Distinct().Count(), seen.Items.Count);
    }

    /// <summary>Sends one more, as nobody tells when a reader from the end has found the end.</summary>
    private static int Sent(Harness harness, string key)
    {
        harness.Send("in", key, $"{Environment.TickCount64}-{Guid.NewGuid():N}");
        return 0;
    }

    [Fact]
    public async Task A_topic_is_read_to_its_end_by_await_foreach()
    {
        await using var harness = new Harness(("in", 3), ("empty", 2));
        for (var i = 0; i < 5000; i++)
        {
            harness.Send("in", $"k{i}", $"{i}", i % 2);
        }

        var read = new List<string>();
        await foreach (var record in harness.Kafka.ReadTopic("in", Reading() with { StopsAtEnd = true, Capacity = 10 }))
        {
            read.Add(record.Value);
        }

        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"{i}").Order(), read.Order());
        Assert.Equal(read.Where(v => int.Parse(v, CultureInfo.InvariantCulture) % 2 == 0), Enumerable.Range(0, 2500).Select(i => $"{i * 2}"));
        await foreach (var record in harness.Kafka.ReadTopic("empty", Reading() with { StopsAtEnd = true }))
        {
            Assert.Fail($"A record out of nothing: {record}");
        }
    }

    [Fact]
    public async Task A_reader_that_leaves_or_is_cancelled_ends_its_thread()
    {
        await using var harness = new Harness(("in", 1));
        for (var i = 0; i < 100; i++)
        {
            harness.Send("in", "k", $"{i}");
        }

        var read = 0;
        await foreach (var record in harness.Kafka.ReadTopic("in", Reading() with { Capacity = 1 }))
        {
            if (++read == 3)
            {
                break;
            }
        }

        using var cancel = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var record in harness.Kafka.ReadTopic("in", Reading(), cancel.Token))
            {
                if (record.Value == "99")
                {
                    await cancel.CancelAsync();
                }
            }
        });
    }

    [Fact]
    public async Task What_cannot_be_read_is_an_error_that_names_it()
    {
        await using var harness = new Harness(("in", 1));
        harness.Kafka.Append(new TopicPartition("in", 0), "k"u8.ToArray(), "xxxxxxxx"u8.ToArray(), 0);
        harness.Send("in", "k", "not eight bytes");
        var (numbers, missing) = (new Seen<long>(), new Seen<string>());
        var options = new TopicReadOptions<string, long> { KeySerde = Serdes.String, ValueSerde = Serdes.Int64 };

        using var first = harness.Kafka.ObserveTopic("in", options).Select(record => record.Value).Subscribe(numbers);
        using var second = harness.Kafka.ObserveTopic("nowhere", Reading()).Select(Text).Subscribe(missing);
        await Harness.Until(() => numbers.Error is not null && missing.Error is not null, "errors");

        Assert.Single(numbers.Items);
        Assert.Contains("in-0 offset 1 cannot be read as System.String and System.Int64", numbers.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("Topic 'nowhere' cannot be read", missing.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_observable_is_written_in_order_and_by_its_keys()
    {
        await using var harness = new Harness(("out", 4));
        await using var writing = Observable.Range(0, 3000)
            .WriteTo(harness.Kafka, "out", i => $"k{i % 17}", new() { KeySerde = Serdes.String, ValueSerde = Serdes.Int32, Capacity = 16 });

        await writing.Completion.WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(3000, writing.Written);
        Assert.Equal(0, writing.Dropped);
        var all = new List<int>();
        for (var partition = 0; partition < 4; partition++)
        {
            var records = harness.Kafka.Read(new TopicPartition("out", partition));
            Assert.All(records, record => Assert.Equal(partition, Murmur2.Partition(record.Key, 4)));
            foreach (var key in records.GroupBy(record => Encoding.UTF8.GetString(record.Key!)))
            {
                var values = key.Select(record => Serdes.Int32.Deserialize(record.Value)).ToList();
                Assert.Equal(values.Order(), values);
                all.AddRange(values);
            }
        }

        Assert.Equal(Enumerable.Range(0, 3000), all.Order());
    }

    [Fact]
    public async Task A_flush_waits_for_what_came_before_and_the_end_for_all()
    {
        await using var harness = new Harness(("out", 1));
        using var source = new Subject<Record<string, string>>();
        var writing = source.WriteTo(harness.Kafka, "out", Writing());
        for (var i = 0; i < 100; i++)
        {
            source.OnNext(new Record<string, string>("k", $"{i}", i));
        }

        source.OnNext(Record.Tombstone<string, string>("k", 100));
        await writing.FlushAsync();
        Assert.Equal(101, harness.Values("out").Count);
        Assert.Equal("<tombstone>", harness.Values("out")[^1]);
        source.OnNext(new Record<string, string>("k", "last", 101));
        await writing.DisposeAsync();

        Assert.Equal("last", harness.Values("out")[^1]);
        Assert.True(writing.Completion.IsCompletedSuccessfully);
        Assert.False(source.HasObservers);
    }

    [Fact]
    public async Task What_keeps_records_from_being_written_is_told_and_holds_nobody_up()
    {
        await using var harness = new Harness(("out", 1));
        harness.Kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Refused, new FaultMatch { Topic = "out", Nth = 5 });
        using var source = new Subject<Record<string, string>>();
        await using var writing = source.WriteTo(harness.Kafka, "out", Writing() with { Capacity = 2 });
        await using var nowhere = source.WriteTo(harness.Kafka, "nowhere", Writing() with { Capacity = 2 });
        for (var i = 0; i < 100; i++)
        {
            source.OnNext(new Record<string, string>("k", $"{i}", i));
        }

        await Assert.ThrowsAsync<KafkaClientException>(() => writing.Completion.WaitAsync(TimeSpan.FromSeconds(60)));
        await Assert.ThrowsAnyAsync<KafkaClientException>(() => nowhere.Completion.WaitAsync(TimeSpan.FromSeconds(60)));
        await Assert.ThrowsAsync<KafkaClientException>(writing.FlushAsync);
        Assert.False(source.HasObservers);
    }

    [Fact]
    public async Task An_error_of_the_source_comes_behind_what_it_emitted()
    {
        await using var harness = new Harness(("out", 1));
        await using var writing = Observable.Range(0, 10)
            .Concat(Observable.Throw<int>(new FormatException("source")))
            .WriteTo(harness.Kafka, "out", i => $"{i}", new() { KeySerde = Serdes.String, ValueSerde = Serdes.Int32 });

        var error = await Assert.ThrowsAsync<FormatException>(() => writing.Completion.WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Equal("source", error.Message);
        Assert.Equal(10, harness.Kafka.Read(new TopicPartition("out", 0)).Count);
    }

    [Fact]
    public async Task A_stage_goes_on_where_it_had_committed()
    {
        await using var harness = new Harness(("in", 2), ("out", 1));
        for (var i = 0; i < 200; i++)
        {
            harness.Send("in", $"k{i}", $"{i}", i % 2);
        }

        await using (var stage = Run(harness))
        {
            await Harness.Until(() => harness.Values("out").Count == 100, "the even ones");
        }

        Assert.Equal(100, harness.Kafka.CommittedOffsets("stage")[new TopicPartition("in", 0)].Offset);
        harness.Send("in", "k", "200");
        await using (var stage = Run(harness))
        {
            await Harness.Until(() => harness.Values("out").Count == 101, "the one that came meanwhile");
            Assert.False(stage.Completion.IsCompleted);
        }

        Assert.Equal(Enumerable.Range(0, 101).Select(i => $"{i * 2}!").Order(), harness.Values("out").Order());
    }

    [Fact]
    public async Task A_stage_commits_nothing_that_was_not_written()
    {
        await using var harness = new Harness(("in", 1), ("out", 1));
        for (var i = 0; i < 20; i++)
        {
            harness.Send("in", "k", $"{i * 2}");
        }

        harness.Kafka.Faults.Fail(ClientCall.Produce, KafkaErrorKind.Refused, new FaultMatch { Topic = "out", Nth = 5 });
        await using (var stage = Run(harness))
        {
            await Assert.ThrowsAnyAsync<StreamsException>(() => stage.Completion.WaitAsync(TimeSpan.FromSeconds(60)));
        }

        Assert.False(harness.Kafka.CommittedOffsets("stage").ContainsKey(new TopicPartition("in", 0)));
        await using (var stage = Run(harness))
        {
            await Harness.Until(() => harness.Values("out").Contains("38!"), "all of them");
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i * 2}!").Order(), harness.Values("out").Distinct().Order());
    }

    [Fact]
    public async Task Operators_that_fail_end_the_stage_with_their_error()
    {
        await using var harness = new Harness(("in", 1), ("out", 1));
        harness.Send("in", "k", "no number");
        await using var stage = Run(harness);

        await Assert.ThrowsAsync<FormatException>(() => stage.Completion.WaitAsync(TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public async Task A_stage_refuses_what_would_lose_records()
    {
        await using var harness = new Harness(("in", 1), ("out", 1));

        Assert.Throws<ArgumentException>(() => harness.Kafka.RunStage(
            ("in", Reading()), records => records, ("out", Writing() with { SlowObserver = SlowObserver.DropOldest }), new() { GroupId = "g" }));
        Assert.Throws<ArgumentException>(() => harness.Kafka.RunStage(
            ("in", Reading() with { StopsAtEnd = true }), records => records, ("out", Writing()), new() { GroupId = "g" }));
    }

    private static Stage Run(Harness harness) => harness.Kafka.RunStage(
        ("in", Reading()),
        records => records
            .Where(record => int.Parse(record.Value, CultureInfo.InvariantCulture) % 2 == 0)
            .Select(record => record.WithValue($"{record.Value}!")),
        ("out", Writing()),
        new StageOptions { GroupId = "stage", CommitInterval = TimeSpan.FromMilliseconds(20) });

    private static TopicReadOptions<string, string> Reading() => new() { KeySerde = Serdes.String, ValueSerde = Serdes.String };

    private static TopicWriteOptions<string, string> Writing() => new() { KeySerde = Serdes.String, ValueSerde = Serdes.String };

    private static string Text(Record<string, string> record) => $"{record.Key}={(record.HasValue ? record.Value : "-")}";
}
