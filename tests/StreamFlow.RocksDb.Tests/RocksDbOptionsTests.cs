using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests;

public sealed class RocksDbOptionsTests
{
    [Fact]
    public void Factory_lists_every_setting_that_is_out_of_range()
    {
        var error = Assert.Throws<ArgumentException>(() => new RocksDbBackendFactory(new RocksDbOptions
        {
            BlockCacheBytes = 1,
            MemtableBytes = 1,
            WriteBufferBytes = 0,
            MaxMemtablesPerStore = 1,
            BackgroundJobs = 0,
            BloomBitsPerKey = 31,
            Compression = (RocksDbCompression)2,
        }));

        foreach (var name in typeof(RocksDbOptions).GetProperties().Select(property => property.Name))
        {
            if (name != "EqualityContract")
            {
                Assert.Contains(name + " is ", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(RocksDbCompression.None)]
    [InlineData(RocksDbCompression.Snappy)]
    [InlineData(RocksDbCompression.Lz4)]
    [InlineData(RocksDbCompression.Zstd)]
    public void Compression_of_every_kind_opens(RocksDbCompression compression)
    {
        using var folder = new Support.TempFolder();
        var options = Support.Backends.Small with { Compression = compression, BloomBitsPerKey = 0 };
        using var backend = new RocksDbBackendFactory(options).Open(new TaskId(0, 0), folder.Path, ["a"]);

        Assert.Empty(Support.Backends.Read(backend.Stores[0]));
    }
}
