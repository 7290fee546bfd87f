using StreamFlow.RocksDb.Interop;

namespace StreamFlow.RocksDb.Tests.Interop;

public sealed class RocksDbLibraryTests
{
    [Fact]
    public void Load_without_any_library_says_what_was_tried_and_what_to_do()
    {
        var error = Assert.Throws<DllNotFoundException>(() => RocksDbLibrary.Load(null, Nothing));

        Assert.Contains("dotnet add package RocksDB", error.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install librocksdb7.8", error.Message, StringComparison.Ordinal);
        Assert.Contains(RocksDbLibrary.PathVariable, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_of_a_chosen_file_that_is_no_library_names_it_and_tries_no_other()
    {
        List<string> tried = [];
        var error = Assert.Throws<DllNotFoundException>(
            () => RocksDbLibrary.Load("/no/such.so", (string path, out nint library) => Note(tried, path, out library)));

        Assert.Contains("'/no/such.so'", error.Message, StringComparison.Ordinal);
        Assert.Equal(["/no/such.so"], tried);
    }

    [SkippableFact]
    public void Load_prefers_the_package_then_the_newest_of_the_system()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "the system's names are those of Linux");
        List<string> tried = [];
        Assert.Throws<DllNotFoundException>(
            () => RocksDbLibrary.Load(null, (string path, out nint library) => Note(tried, path, out library)));

        Assert.Equal("rocksdb", tried[0]);
        Assert.EndsWith("native/librocksdb.so", tried[1], StringComparison.Ordinal);
        Assert.Equal("librocksdb.so.7.8", tried[^1]);
        Assert.True(tried.IndexOf("librocksdb.so.9.10") < tried.IndexOf("librocksdb.so.8.9"));
    }

    private static bool Nothing(string path, out nint library)
    {
        library = 0;
        return false;
    }

    private static bool Note(List<string> tried, string path, out nint library)
    {
        tried.Add(path);
        library = 0;
        return false;
    }
}
