using System.Globalization;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>Joins of a stream with the rows of its records' times.</summary>
public sealed class GraceJoinTests
{
    [Fact]
    public void Record_meets_the_row_of_its_time_even_if_that_comes_after_it()
    {
        var harness = new TaskHarness(Join(grace: 10));

        harness.Pipe("s", "k", "a", 5);
        harness.Pipe("t", "k", "row of 3", 3);
        harness.Pipe("t", "k", "row of 7", 7);
        harness.Pipe("s", "k", "b", 15);
        harness.Pipe("s", "other", "c", 25);

        Assert.Equal("k=a row of 3@5 k=b row of 7@15", harness.Read("out"));
    }

    [Fact]
    public void Waiting_records_survive_a_restart_and_leave_once()
    {
        var topology = Join(grace: 10);
        var backends = new Dictionary<string, InMemoryBackend>();
        var before = new TaskHarness(topology, backends: backends);
        before.Pipe("s", "k", "a", 5);
        before.Pipe("s", "k", "a", 5);

        var after = new TaskHarness(topology, backends: backends);
        after.Pipe("t", "k", "row", 1);
        after.Pipe("s", "k", "b", 15);
        after.Pipe("s", "k", "c", 16);

        Assert.Equal("-", before.Read("out"));
        Assert.Equal("k=a row@5 k=a row@5", after.Read("out"));
    }

    [Fact]
    public void Table_without_a_history_or_with_too_short_a_one_cannot_be_waited_for()
    {
        var builder = new StreamsBuilder();
        var stream = builder.Stream<string, string>("s");
        var plain = builder.Table<string, string>("t");
        var brief = builder.Table<string, string>("u", materialized: new() { History = TimeSpan.FromMilliseconds(1) });
        var joined = new Joined<string, string> { GracePeriod = TimeSpan.FromMilliseconds(2) };

        var none = Assert.Throws<ArgumentException>(() => stream.Join(plain, (v, row) => v + row, joined));
        var shorter = Assert.Throws<ArgumentException>(() => stream.LeftJoin(brief, (v, row) => v + row?.Value, joined));

        Assert.Contains("Materialized.History", none.Message, StringComparison.Ordinal);
        Assert.Contains("2 ms", shorter.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => joined with { GracePeriod = TimeSpan.FromMilliseconds(-1) });
    }

    [Fact]
    public void Headers_without_a_value_and_none_at_all_come_back_as_they_were()
    {
        var serde = new BufferedRecordSerde<string>(Serdes.String);
        foreach (var headers in new[] { null, Headers.Empty.With("a", (byte[]?)null).With("b", "x") })
        {
            var record = new BufferedRecord<string>("v", 7, headers, new RecordPosition(new TopicPartition("t", 3), 9));
            var writer = new System.Buffers.ArrayBufferWriter<byte>();
            serde.Serialize(record, writer);

            var read = serde.Deserialize(writer.WrittenSpan);

            Assert.Equal(record with { Headers = null }, read with { Headers = null });
            Assert.Equal(headers?.Select(Text), read.Headers?.Select(Text));
            Assert.Throws<FormatException>(() => serde.Deserialize(writer.WrittenSpan[..^9]));
        }
    }

    /// <summary>Against a list: random times, commits and restarts. The row of a record is the last one that is not later than it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(40)]
    public void Records_leave_in_order_with_the_rows_that_are_there_by_then(int grace)
    {
        for (var seed = 1; seed <= 10; seed++)
        {
            var (topology, backends, random) = (Join(grace), new Dictionary<string, InMemoryBackend>(), new Random(seed));
            var harness = new TaskHarness(topology, backends: backends);
            var (waiting, rows) = (new List<(long Time, string Key, int Number)>(), new Dictionary<string, SortedList<long, int>>());
            var (streamTime, time) = (-1L, 50L);
            for (var i = 0; i < 200; i++)
            {
                time += random.Next(5);
                var (key, at) = (((char)('a' + random.Next(3))).ToString(), Math.Max(0, time - random.Next(30)));
                var expected = new List<string>();
                if (random.Next(3) == 0)
                {
                    harness.Process("t", Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{i}"), at);
                    rows.TryAdd(key, []);
                    rows[key][at] = i;
                }
                else
                {
                    harness.Process("s", Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{i}"), at);
                    streamTime = Math.Max(streamTime, at);
                    var due = at < streamTime - grace
                        ? [(at, key, i)]
                        : waiting.Append((at, key, i)).Where(w => w.Item1 <= streamTime - grace).ToList();
                    waiting = at < streamTime - grace ? waiting : [.. waiting.Append((at, key, i)).Except(due)];
                    expected.AddRange(due.OrderBy(w => w.Item1).ThenBy(w => w.Item2, StringComparer.Ordinal).ThenBy(w => w.Item3)
                        .Select(w => $"{w.Item2}={w.Item3} {RowOf(rows, w.Item2, w.Item1)}@{w.Item1}"));
                }

                Assert.Equal($"seed {seed}, record {i}: {string.Join(' ', expected)}", $"seed {seed}, record {i}: {Results(harness)}");
                if (random.Next(6) == 0)
                {
                    harness.Commit();
                    harness = random.Next(3) == 0 && waiting.Any(w => w.Time == streamTime)
                        ? new TaskHarness(topology, backends: backends)
                        : harness;
                }
            }
        }
    }

    private static string Text(Header header) => $"{header.Key}={(header.Value is { } value ? Convert.ToHexString(value) : "null")}";

    private static string RowOf(Dictionary<string, SortedList<long, int>> rows, string key, long time) =>
        rows.TryGetValue(key, out var versions) && versions.Any(v => v.Key <= time)
            ? versions.Last(v => v.Key <= time).Value.ToString(CultureInfo.InvariantCulture)
            : "none";

    private static string Results(TaskHarness harness)
    {
        var results = new List<string>();
        while (harness.Producer.Records.TryDequeue(out var record))
        {
            if (record.Topic == "out")
            {
                results.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Encoding.UTF8.GetString(record.Key!)}={Encoding.UTF8.GetString(record.Value!)}@{record.Timestamp}"));
            }
        }

        return string.Join(' ', results);
    }

    private static Topology Join(int grace)
    {
        var builder = new StreamsBuilder { DefaultStoreType = StoreType.InMemory };
        var table = builder.Table<string, string>("t", materialized: new() { Name = "rows", History = TimeSpan.FromHours(1) });
        builder.Stream<string, string>("s").LeftJoin(
            table, (v, row) => $"{v} {row?.Value ?? "none"}", new() { GracePeriod = TimeSpan.FromMilliseconds(grace) }).To("out");
        return builder.Build();
    }
}
