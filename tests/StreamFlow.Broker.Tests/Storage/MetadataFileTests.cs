using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>The file of changes: each costs what it says, counts once it is whole, and is found after a crash.</summary>
public sealed class MetadataFileTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly FaultyFileSystem _files = new() { PretendFlush = true };
    private readonly LogLines _log = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Work_per_topic_does_not_grow_with_the_number_of_topics()
    {
        using var store = Open(_temporary.Root);
        var few = WorkOf(() => Create(store, 0, 100));
        Create(store, 100, 700);
        var many = WorkOf(() => Create(store, 700, 800));
        Assert.InRange(many.Operations, 1, few.Operations + 20);
        Assert.InRange(_files.WrittenTo("meta"), 1, 800 * 1500);

        var deletions = WorkOf(() => Delete(store, 700, 800));
        Delete(store, 100, 700);
        var last = WorkOf(() => Delete(store, 0, 100));
        Assert.InRange(last.Operations, 1, deletions.Operations + 20);
        Assert.InRange(_files.WrittenTo("meta"), 1, 800 * 2500);
        Assert.Empty(store.Topics);
    }

    [Fact]
    public void Changes_are_found_after_a_crash_and_are_one_file_after_an_orderly_stop()
    {
        string crashed;
        using (var store = Open(_temporary.Sub("data")))
        {
            Create(store, 0, 5);
            store.DeleteTopic("t-3");
            store.AddPartitions("t-4", 3);
            store.AlterConfigs("t-0", new Dictionary<string, string> { ["retention.ms"] = "77" });
            Assert.NotEmpty(Directory.GetFiles(_temporary.Sub("data"), "meta-*.changes"));
            crashed = _temporary.CopyOf(_temporary.Sub("data"));
        }

        Assert.Empty(Directory.GetFiles(_temporary.Sub("data"), "meta-*.changes"));
        foreach (var directory in new[] { crashed, _temporary.Sub("data") })
        {
            using var again = Open(directory);
            Assert.Equal(["t-0", "t-1", "t-2", "t-4"], again.Topics.Select(static topic => topic.Name).Order());
            Assert.Equal((3, "77"), (again.GetTopic("t-4")!.Partitions.Count, again.GetTopic("t-0")!.Configs["retention.ms"]));
        }
    }

    [Fact]
    public void A_change_that_is_cut_off_or_zeroed_anywhere_was_never_answered_and_is_dropped_with_a_line()
    {
        var (content, path) = CrashedChanges(topics: 3);
        var lastLine = content.AsSpan()[..^1].LastIndexOf((byte)'\n') + 1;
        foreach (var size in Enumerable.Range(lastLine, content.Length - lastLine).Where(size => size % 11 == 0 || size >= content.Length - 3))
        {
            File.WriteAllBytes(path, content[..size]);
            AssertTopics(path, 2);
            var zeroed = content.ToArray();
            zeroed.AsSpan(size).Clear();
            File.WriteAllBytes(path, zeroed);
            AssertTopics(path, 2);
        }

        Assert.Contains(_log, static line => line.Contains("never answered", StringComparison.Ordinal));
        File.WriteAllBytes(path, content);
        AssertTopics(path, 3);
    }

    [Fact]
    public void A_change_that_is_damaged_before_the_last_one_is_an_error_that_names_the_file()
    {
        var (content, path) = CrashedChanges(topics: 3);
        var lastLine = content.AsSpan()[..^1].LastIndexOf((byte)'\n') + 1;
        for (var at = 0; at < lastLine; at++)
        {
            var damaged = content.ToArray();
            damaged[at] ^= 1;
            File.WriteAllBytes(path, damaged);
            var error = Assert.Throws<InvalidDataException>(() => Open(Path.GetDirectoryName(path)!).Dispose());
            Assert.Contains("backup", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_change_that_the_disk_refused_is_not_found_after_a_crash()
    {
        using var store = Open(_temporary.Sub("data"));
        Create(store, 0, 1);
        _files.Target = "meta";
        foreach (var room in new[] { 0, 10, 100 })
        {
            _files.FillUpAfter(room);
            Assert.Equal(ErrorCode.KafkaStorageError, store.CreateTopic("refused", 1).Error);
            Assert.Null(store.GetTopic("refused"));
            AssertNames(["t-0"]);
        }

        _files.FillUpAfter(long.MaxValue);
        _files.FailFlush = true;
        Assert.Equal(ErrorCode.KafkaStorageError, store.CreateTopic("refused", 1).Error);
        AssertNames(["t-0"]);
        Assert.Equal(ErrorCode.KafkaStorageError, store.DeleteTopic("t-0").Error);
        AssertNames(["t-0"]);
        _files.FailFlush = false;
        Create(store, 1, 3);
        AssertNames(["t-0", "t-1", "t-2"]);
        Assert.True(store.CreateTopic("refused", 1).IsSuccess);
        AssertNames(["refused", "t-0", "t-1", "t-2"]);
    }

    [Fact]
    public void Changes_to_an_older_file_are_read_by_nobody()
    {
        var (content, path) = CrashedChanges(topics: 2);
        var directory = Path.GetDirectoryName(path)!;
        using (var store = Open(directory))
        {
            store.DeleteTopic("t-1");
        }

        File.WriteAllBytes(path, content);
        using var again = Open(directory);
        Assert.Equal("t-0", Assert.Single(again.Topics).Name);
        Assert.False(File.Exists(path));
    }

    private (byte[] Content, string Path) CrashedChanges(int topics)
    {
        using var store = Open(_temporary.Sub("data"));
        Create(store, 0, topics);
        var copy = _temporary.Sub(Guid.NewGuid().ToString("N"));
        DirectoryCopy.Of(_temporary.Sub("data"), copy);
        var path = Assert.Single(Directory.GetFiles(copy, "meta-*.changes"));
        return (File.ReadAllBytes(path), path);
    }

    private void AssertTopics(string path, int count)
    {
        // A start changes files; each has its own.
        var copy = _temporary.CopyOf(Path.GetDirectoryName(path)!);
        using (var store = Open(copy))
        {
            Assert.Equal(count, store.Topics.Count);
            Assert.True(store.CreateTopic("next", 1).IsSuccess);
        }

        using (var again = Open(copy))
        {
            Assert.Equal(count + 1, again.Topics.Count);
        }

        Directory.Delete(copy, recursive: true);
    }

    private void AssertNames(string[] expected)
    {
        using var crashed = Open(_temporary.CopyOf(_temporary.Sub("data")), FileSystem.Disk);
        Assert.Equal(expected, crashed.Topics.Select(static topic => topic.Name).Order(StringComparer.Ordinal));
    }

    private (int Operations, long Bytes) WorkOf(Action work)
    {
        var before = (_files.Operations, Bytes: _files.WrittenTo("meta"));
        work();
        return (_files.Operations - before.Operations, _files.WrittenTo("meta") - before.Bytes);
    }

    private static void Create(TopicStore store, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            Assert.True(store.CreateTopic($"t-{i}", 1).IsSuccess);
        }
    }

    private static void Delete(TopicStore store, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            Assert.True(store.DeleteTopic($"t-{i}").IsSuccess);
        }
    }

    private TopicStore Open(string directory, FileSystem? files = null) => TopicStore.Open(new StoreOptions
    {
        DataDirectory = directory, MaintenanceInterval = TimeSpan.Zero, Files = files ?? _files, Log = _log,
    });
}
