using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>Indexes of closed segments are read when they are wanted, within a number of bytes that does not grow with the log.</summary>
public sealed class IndexCacheTests : IDisposable
{
    private const int Bound = 2048;
    private readonly TemporaryDirectory _temporary = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();
    private readonly FaultyFileSystem _files = new() { PretendFlush = true };
    private readonly IndexCache _cache = new(Bound);

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Every_record_is_found_by_offset_and_by_time_with_few_indexes_in_memory()
    {
        using var log = Open();
        Fill(log, 400);
        Assert.InRange(log.Segments.Length, 20, 400);
        Assert.Equal(0, _cache.Bytes);
        CheckLookups(log, 400, seed: 17);
        Assert.InRange(_cache.Bytes, 1, Bound);
        Assert.InRange(_cache.Loads, 20, 800);
    }

    [Fact]
    public void After_a_start_no_index_of_a_closed_segment_is_in_memory_and_all_are_found()
    {
        using (var log = Open())
        {
            Fill(log, 400);
        }

        using var again = Open();
        Assert.Equal((0, 0), (_cache.Bytes, _cache.Loads));
        CheckLookups(again, 400, seed: 23);
        Fill(again, 100, from: 400);
        CheckLookups(again, 500, seed: 29);
    }

    [Fact]
    public void An_index_that_is_missing_damaged_or_of_another_segment_is_made_from_the_segment()
    {
        using var log = Open();
        Fill(log, 400);
        string[] indexes = [.. Directory.GetFiles(log.LogDirectory, "*.idx").Order()];
        File.Delete(indexes[0]);
        File.WriteAllBytes(indexes[1], File.ReadAllBytes(indexes[2]));
        for (var i = 3; i < indexes.Length; i += 2)
        {
            var content = File.ReadAllBytes(indexes[i]);
            content[i % content.Length] ^= 4;
            File.WriteAllBytes(indexes[i], content);
        }

        CheckLookups(log, 400, seed: 31);
    }

    [Fact]
    public void An_index_that_is_used_again_and_again_is_read_once_and_those_of_deleted_segments_are_let_go()
    {
        using var log = Open();
        Fill(log, 400);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(1, First(log, 1));
        }

        Assert.Equal(1, _cache.Loads);
        CheckLookups(log, 400, seed: 37);
        Assert.Equal(ErrorCode.None, log.DeleteRecordsBefore(-1, out _));
        Assert.Equal(0, _cache.Bytes);
    }

    [Fact]
    public void Readers_and_the_eviction_of_what_they_read_get_along()
    {
        using var log = Open();
        Fill(log, 400);
        Exception? failure = null;
        Thread[] readers = [.. Enumerable.Range(0, 4).Select(seed => new Thread(() =>
        {
            try
            {
                CheckLookups(log, 400, seed);
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }))];
        Array.ForEach(readers, static reader => reader.Start());
        Array.ForEach(readers, static reader => reader.Join());
        Assert.Null(failure);
        Assert.InRange(_cache.Bytes, 1, Bound);
    }

    /// <summary>
    /// A log of STREAMFLOW_INDEX_GB (2 by default) as far as indexes go: segments of 64 MiB that hold nothing, and for each the index that it
    /// would have, an entry for every 4 KiB.
    /// </summary>
    [Fact]
    public void Indexes_of_any_amount_of_log_take_no_more_memory_than_their_bound()
    {
        var gigabytes = int.Parse(Environment.GetEnvironmentVariable("STREAMFLOW_INDEX_GB") ?? "2", CultureInfo.InvariantCulture);
        const int SegmentBytes = 64 << 20;
        const int Entries = SegmentBytes / 4096;
        var bound = gigabytes >= 100 ? IndexCache.DefaultBytes : 2L << 20;
        var cache = new IndexCache(bound);
        var directory = Directory.CreateDirectory(_temporary.Sub("large")).FullName;
        List<Segment> segments = [];
        for (var i = 0; i < gigabytes * 16; i++)
        {
            segments.Add(ClosedSegment(directory, (long)i * Entries, SegmentBytes, Entries));
        }

        segments.ForEach(segment => segment.LeaveIndexOnDisk(cache));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var random = new Random(41);
        for (var i = 0; i < segments.Count * 4; i++)
        {
            var entry = random.Next(Entries);
            Assert.Equal(entry * 4096, segments[random.Next(segments.Count)].Index.FloorPosition(entry));
            Assert.InRange(cache.Bytes, 1, bound);
        }

        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(grown, 0, bound + (1 << 20));
        segments.ForEach(static segment => segment.Release());
        Assert.Equal(0, cache.Bytes);
    }

    private Segment ClosedSegment(string directory, long baseOffset, int bytes, int entries)
    {
        var file = _files.Open(Path.Combine(directory, Segment.FileName(baseOffset, Segment.LogSuffix)), FileMode.CreateNew);
        file.SetLength(bytes);
        IndexEntry[] index = [.. Enumerable.Range(0, entries).Select(static i => new IndexEntry(i, i * 4096, i))];
        var segment = new Segment(file, baseOffset, 0);
        segment.Restore(new SparseIndex(index), bytes, baseOffset + entries, entries);
        IndexFile.Save(_files, directory, segment);
        return segment;
    }

    private static void CheckLookups(PartitionLog log, int records, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 400; i++)
        {
            var offset = random.Next(records);
            Assert.True(First(log, offset) == offset, $"seed {seed}: offset {offset} was not found");
            Assert.Equal(offset, log.OffsetForTimestamp(Time(offset), readCommitted: false).Offset);
        }
    }

    private static long First(PartitionLog log, long offset)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Assert.Equal(ErrorCode.None, log.Read(offset, 1, atLeastOneBatch: true, readCommitted: false, buffer).Error);
        return Batches.Decode(buffer.WrittenSpan)[0].Offset;
    }

    private static long Time(int record) => 1_700_000_000_000 + record;

    private static void Fill(PartitionLog log, int records, int from = 0)
    {
        for (var i = from; i < from + records; i++)
        {
            Assert.True(log.Append(Batches.At(Time(i), "v" + i + new string('x', i * 31 % 97)), AppendOrigin.Client).IsSuccess);
        }
    }

    private PartitionLog Open() => PartitionLog.Open(
        _temporary.Sub("p"), new LogOptions { SegmentBytes = 1024, IndexIntervalBytes = 1, RetentionMs = -1 },
        new LogEnvironment { Time = _clock, Files = _files, Indexes = _cache });
}
