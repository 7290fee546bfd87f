using System.Globalization;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>
/// A producer to a topic of which retention takes segments while the broker is being killed: what lies below the start of the log
/// may be gone, and never comes back; nothing above it may be missing, and no more may go than the limit of the topic allows.
/// </summary>
internal sealed class KillRetention
{
    public const string Topic = "retained";
    public const int SegmentBytes = 2048;
    public const int RetentionBytes = 4096;
    private const int OffsetOutOfRange = 1;
    private const int Earliest = -2;

    /// <summary>A batch with one record and its header, at least.</summary>
    private const int ValueBytes = 300;

    private readonly Dictionary<long, string> _acknowledged = [];
    private readonly HashSet<string> _sent = [];
    private long _start;
    private int _next;

    /// <summary>How many records were acknowledged.</summary>
    public int Acknowledged => _acknowledged.Count;

    /// <summary>How many of them retention has taken, as of the last look.</summary>
    public int Gone => _acknowledged.Keys.Count(offset => offset < _start);

    public async Task StepAsync(RawClient client)
    {
        string value = (_next++).ToString(CultureInfo.InvariantCulture).PadRight(ValueBytes, '.');
        _sent.Add(value);
        WireStruct answer = await client.ProduceAsync(Topic, 0, TestBatch.Build(value));
        Assert.Equal(0, answer.Number("error_code"));
        Assert.True(_acknowledged.TryAdd(answer.Number("base_offset"), value), "An offset of the topic with retention was used twice.");
    }

    public async Task VerifyAsync(RawClient client)
    {
        (long start, long end, List<(long Offset, string Value)> found) = await ReadAllAsync(client);
        Assert.True(start >= _start, $"The log began at {_start} and begins at {start} now: what was deleted is back.");
        _start = start;
        Dictionary<long, string> byOffset = found.ToDictionary(static x => x.Offset, static x => x.Value);
        foreach ((long offset, string value) in _acknowledged.Where(x => x.Key >= start))
        {
            Assert.True(
                byOffset.TryGetValue(offset, out string? there) && there == value,
                $"Acknowledged at offset {offset}, with the log from {start} to {end}: {value}; there is {there ?? "nothing"}.");
        }

        Assert.All(found, x => Assert.Contains(x.Value, _sent));
        foreach ((long offset, string value) in found)
        {
            _acknowledged[offset] = value;
        }

        // Segments go from the oldest on as long as the limit is still reached without them.
        Assert.True(
            start == 0 || found.Count >= RetentionBytes / (ValueBytes + 100), $"Retention left {found.Count} records from {start} on: more went than may.");
    }

    /// <summary>Waits until retention has done what it has to.</summary>
    public async Task AwaitRetentionAsync(RawClient client)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            (long start, _, List<(long Offset, string Value)> found) = await ReadAllAsync(client);
            if (found.Count * (long)ValueBytes <= RetentionBytes + (2 * SegmentBytes))
            {
                _start = start;
                return;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30), $"Retention leaves {found.Count} records.");
            await Task.Delay(50);
        }
    }

    /// <summary>Retention goes on meanwhile: whoever finds that the beginning is gone begins anew.</summary>
    private static async Task<(long Start, long End, List<(long Offset, string Value)> Found)> ReadAllAsync(RawClient client)
    {
        while (true)
        {
            long start = await StartAsync(client);
            List<(long Offset, string Value)> found = [];
            for (long at = start; ;)
            {
                WireStruct answer = (await client.CallAsync("Fetch", 11, Requests.Fetch(Topic, 0, at)))
                    .Only("responses").Only("partitions");
                if (answer.Number("error_code") == OffsetOutOfRange)
                {
                    break;
                }

                Assert.Equal(0, answer.Number("error_code"));
                byte[] records = answer.Bytes("records");
                found.AddRange(TestBatch.Read(records));
                at = TestBatch.NextOffset(records) ?? at;
                if (records.Length == 0)
                {
                    Assert.Equal(answer.Number("high_watermark"), at);
                    return (start, at, found);
                }
            }
        }
    }

    private static async Task<long> StartAsync(RawClient client)
    {
        WireStruct answer = (await client.CallAsync("ListOffsets", 5, new WireStruct
        {
            ["replica_id"] = -1,
            ["topics"] = new WireStruct
            {
                ["name"] = Topic,
                ["partitions"] = new WireStruct { ["partition_index"] = 0, ["current_leader_epoch"] = -1, ["timestamp"] = (long)Earliest },
            },
        })).Only("topics").Only("partitions");
        Assert.Equal(0, answer.Number("error_code"));
        return answer.Number("offset");
    }
}
