using StreamFlow.RocksDb.Interop;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using static StreamFlow.RocksDb.Tests.Support.Backends;

namespace StreamFlow.RocksDb.Tests;

public sealed class RocksDbErrorsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("IO error: No space left on device: While appending to file: /s/000012.sst: No space left on device",
        RocksDbErrorKind.DiskFull)]
    [InlineData("IO error: While lock file: /s/LOCK: Resource temporarily unavailable", RocksDbErrorKind.Locked)]
    [InlineData("IO error: lock hold by current process, acquire time 1 acquiring thread 2: /s/LOCK: No locks available",
        RocksDbErrorKind.Locked)]
    [InlineData("IO error: While lock file: /s/LOCK: Permission denied", RocksDbErrorKind.AccessDenied)]
    [InlineData("IO error: while open a file for random read: /s/9.sst: Too many open files",
        RocksDbErrorKind.TooManyOpenFiles)]
    [InlineData("Corruption: block checksum mismatch", RocksDbErrorKind.Corrupted)]
    [InlineData("IO error: No such file or directory: While open a file for random read: /s/9.sst: No such file or directory",
        RocksDbErrorKind.Corrupted)]
    [InlineData("Invalid argument: Compression type LZ4 is not linked with the binary.",
        RocksDbErrorKind.CompressionUnavailable)]
    [InlineData("Invalid argument: something", RocksDbErrorKind.Other)]
    public void Create_names_task_folder_operation_and_cause(string message, RocksDbErrorKind kind)
    {
        var error = new RocksDbErrors(Backends.TaskId, "/s").Create("open", message);

        var cause = Assert.IsType<RocksDbException>(error.InnerException);
        Assert.Equal((kind, "open", "/s"), (cause.Kind, cause.Operation, cause.Path));
        Assert.StartsWith("Cannot open the state of task 0_1 in '/s': ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(kind == RocksDbErrorKind.Corrupted, error is TaskCorruptedException);
    }

    [Fact]
    public void Open_of_a_folder_that_this_process_has_open_says_locked()
    {
        using var backend = Open(_folder.Path, "store");

        AssertLocked();
    }

    [Fact]
    public void Open_of_a_folder_that_another_process_has_open_says_locked()
    {
        using var other = ChildProcess.Start("hold", _folder.Path);
        Assert.Equal("open", other.ReadLine());

        AssertLocked();
    }

    [Fact]
    public void Open_with_a_missing_file_says_corrupted()
    {
        Fill();
        File.Delete(Directory.GetFiles(_folder.Database, "*.sst")[^1]);

        var error = Assert.Throws<TaskCorruptedException>(() => Open(_folder.Path, "store"));

        Assert.Equal(Backends.TaskId, error.TaskId);
        Assert.Contains(_folder.Database, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MANIFEST-*", false)]
    [InlineData("CURRENT", true)]
    public void Open_without_the_list_of_files_or_its_name_says_corrupted(string pattern, bool cut)
    {
        Fill();
        var file = Directory.GetFiles(_folder.Database, pattern)[^1];
        if (cut)
        {
            using var stream = File.OpenWrite(file);
            stream.SetLength(stream.Length / 2);
        }
        else
        {
            File.Delete(file);
        }

        Assert.Throws<TaskCorruptedException>(() => Open(_folder.Path, "store"));
    }

    [Fact]
    public void Read_of_a_damaged_block_says_corrupted_instead_of_absent()
    {
        Fill();
        // Neither the first block, which opening reads, nor the index at the end of the table with the data.
        var table = Directory.GetFiles(_folder.Database, "*.sst").MaxBy(path => new FileInfo(path).Length)!;
        using (var file = File.OpenWrite(table))
        {
            file.Position = file.Length / 4;
            file.Write(new byte[file.Length / 2]);
        }

        using var backend = Open(_folder.Path, "store");

        Assert.Throws<TaskCorruptedException>(() => backend.Stores[0].Get("01000"));
        Assert.Throws<TaskCorruptedException>(() => backend.Stores[0].Read());
        Assert.Throws<TaskCorruptedException>(() => backend.Stores[0].Read(reverse: true));
    }

    [Fact]
    public void Open_where_no_folder_can_be_made_names_the_folder()
    {
        var file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "");

        var error = Assert.Throws<StateStoreException>(() => Open(file, "store"));

        Assert.Contains(Path.Combine(file, "rocksdb"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_of_a_newer_format_refuses_and_keeps_the_data()
    {
        using (Open(_folder.Path, "store"))
        {
        }

        WriteFormat("2");
        var error = Assert.Throws<StateStoreException>(() => Open(_folder.Path, "store"));
        Assert.Contains("is in format 2", error.Message, StringComparison.Ordinal);

        WriteFormat("x");
        Assert.Throws<TaskCorruptedException>(() => Open(_folder.Path, "store"));
    }

    private void WriteFormat(string version)
    {
        var settings = SharedSettings.Create(Small).Usual.Options;
        using var database = Database.Open(
            _folder.Database, settings, [("default", settings)], new RocksDbErrors(Backends.TaskId, _folder.Database));
        var encoder = new WriteBatchEncoder();
        encoder.Put(database.FamilyId(0), KeySpace.Meta, "format"u8, Bytes(version));
        database.Write(encoder.Encoded);
        database.CloseWhenIdle();
    }

    private void AssertLocked()
    {
        var error = Assert.Throws<StateStoreException>(() => Open(_folder.Path, "store"));
        Assert.Equal(RocksDbErrorKind.Locked, Assert.IsType<RocksDbException>(error.InnerException).Kind);
        Assert.Contains("Does another instance run with the same state directory?", error.Message, StringComparison.Ordinal);
    }

    // One memtable takes everything, so that one table holds all keys.
    private void Fill()
    {
        var factory = new RocksDbBackendFactory(Small with { MemtableBytes = 8 << 20, WriteBufferBytes = 64 << 20 });
        using var backend = factory.Open(Backends.TaskId, _folder.Path, ["store"]);
        for (var i = 0; i < 2000; i++)
        {
            backend.Put(0, i.ToString("D5", System.Globalization.CultureInfo.InvariantCulture), new string('x', 100));
        }

        backend.Flush();
    }
}
