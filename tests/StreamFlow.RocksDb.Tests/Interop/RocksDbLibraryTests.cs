using StreamFlow.RocksDb.Interop;

namespace StreamFlow.RocksDb.Tests.Interop;

public sealed class RocksDbLibraryTests
{
    [Theory]
    [InlineData(false, "rocksdb")]
    [InlineData(true, "rocksdb-musl")]
    public void Load_takes_the_packages_library_for_the_C_library_of_the_process(bool isMusl, string name)
    {
        List<string> tried = [];
        var error = Assert.Throws<DllNotFoundException>(
            () => RocksDbLibrary.Load(null, isMusl, (string path, out nint library) => Note(tried, path, out library)));

        Assert.Equal([name], tried);
        Assert.Contains($"'{name}' cannot be loaded on ", error.Message, StringComparison.Ordinal);
        Assert.Contains("deploy the application with all files", error.Message, StringComparison.Ordinal);
        Assert.Contains(RocksDbLibrary.PathVariable, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_of_a_chosen_file_that_is_no_library_names_it_and_tries_no_other()
    {
        List<string> tried = [];
        var error = Assert.Throws<DllNotFoundException>(
            () => RocksDbLibrary.Load("/no/such.so", false, (string path, out nint library) => Note(tried, path, out library)));

        Assert.Contains("'/no/such.so'", error.Message, StringComparison.Ordinal);
        Assert.Equal(["/no/such.so"], tried);
    }

    private static bool Note(List<string> tried, string path, out nint library)
    {
        tried.Add(path);
        library = 0;
        return false;
    }
}
