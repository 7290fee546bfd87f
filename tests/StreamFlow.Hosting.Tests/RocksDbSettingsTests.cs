using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.State;

namespace StreamFlow.Hosting.Tests;

public sealed class RocksDbSettingsTests
{
    [Fact]
    public void Settings_of_the_process_and_of_single_stores_are_bound()
    {
        var options = Bind(
            ("StreamFlow:RocksDb:BlockCacheBytes", "2097152"),
            ("StreamFlow:RocksDb:Compression", "zstd"),
            ("StreamFlow:RocksDb:Options", "bytes_per_sync=1M;block_based_table_factory={block_align=true}"),
            ("StreamFlow:RocksDb:Stores:order-counts:MemtableBytes", "65536"),
            ("StreamFlow:RocksDb:Stores:order-counts:Options", "ttl=60"))!;

        Assert.Equal((2 << 20, RocksDbCompression.Zstd), (options.BlockCacheBytes, options.Compression));
        Assert.Equal("bytes_per_sync=1M;block_based_table_factory={block_align=true}", options.Options);
        Assert.Equal(
            KeyValuePair.Create("order-counts", new RocksDbStoreOptions { MemtableBytes = 65536, Options = "ttl=60" }),
            Assert.Single(options.Stores));
        Assert.Equal(new RocksDbOptions().MemtableBytes, options.MemtableBytes);
    }

    [Fact]
    public void Without_a_section_or_a_service_there_are_none() => Assert.Null(Bind(("StreamFlow:orders:StoreBackend", "RocksDb")));

    [Fact]
    public void A_service_takes_the_place_of_the_section_and_both_are_an_error()
    {
        var mine = new RocksDbOptions { BackgroundJobs = 4 };
        var services = new ServiceCollection().AddSingleton(mine);
        Assert.Same(mine, RocksDbSettings.Of(services.BuildServiceProvider()));

        var error = Assert.Throws<InvalidOperationException>(
            () => RocksDbSettings.Of(With(services, ("StreamFlow:RocksDb:BackgroundJobs", "3"))));
        Assert.Contains("'StreamFlow:RocksDb'. Keep one of them.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("BlockCasheBytes", "1", "is no setting. Did you mean 'StreamFlow:RocksDb:BlockCacheBytes'?")]
    [InlineData("Stores:counts:MemtableByte", "1", "is no setting. Did you mean 'StreamFlow:RocksDb:Stores:counts:MemtableBytes'?")]
    [InlineData("Stores:counts:memtable_bytes", "1", "is no setting. Did you mean 'StreamFlow:RocksDb:Stores:counts:MemtableBytes'?")]
    [InlineData("BackgroundJobs", "many", "is 'many'; set it to a whole number from -2147483648 to 2147483647.")]
    [InlineData("Compression", "zip", "is 'zip'; set it to None or Snappy or Lz4 or Zstd.")]
    public void A_setting_that_cannot_be_read_is_an_error_that_says_what_to_write(string key, string value, string says)
    {
        var error = Assert.Throws<InvalidOperationException>(() => Bind(("StreamFlow:RocksDb:" + key, value)));

        Assert.Equal($"'StreamFlow:RocksDb:{key}' {says}", error.Message);
    }

    [Fact]
    public void The_sections_name_is_no_name_for_an_application()
    {
        var error = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddStreamFlow("rocksdb", (_, _) => { }));

        Assert.Contains("'rocksdb' is no name for an application", error.Message, StringComparison.Ordinal);
    }

    private static RocksDbOptions? Bind(params (string Key, string Value)[] settings) =>
        RocksDbSettings.Of(With(new ServiceCollection(), settings));

    private static ServiceProvider With(IServiceCollection services, params (string Key, string Value)[] settings) => services
        .AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Key, (string?)s.Value))).Build())
        .BuildServiceProvider();
}
