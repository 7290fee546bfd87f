using System.Runtime.CompilerServices;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;

namespace StreamFlow.RocksDb.Tests.Docs;

/// <summary>The snippets of docs/guide/state-stores.md. In this folder what is experimental does not compile.</summary>
public sealed class StateStoresGuideTests
{
    [Fact]
    public async Task On_disk_without_a_host()
    {
        using var folder = new TempFolder();
        var clients = WordsKafka.Create();
        var options = new StreamFlowOptions { ApplicationId = "words", StateDirectory = folder.Path, CommitInterval = TimeSpan.FromMilliseconds(50) };
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("words").GroupByKey().Count(new() { Name = "counts" });
        var topology = builder.Build();
        var tuned = Tuned();

        var services = new StreamsServices { StoreBackend = new RocksDbBackendFactory() };
        await using var application = new StreamsApplication(topology, options, clients, services);
        await application.StartAsync();
        Assert.True(SpinWait.SpinUntil(() => WordsKafka.IsCounted(clients) || application.Completion.IsCompleted, TimeSpan.FromSeconds(60)));
        await application.StopAsync();
        Assert.True(WordsKafka.IsCounted(clients));

        var database = Assert.Single(Directory.GetDirectories(folder.Path, "rocksdb", SearchOption.AllDirectories));
        Assert.Contains("counts", string.Concat(OptionsFile.Read(database).Families), StringComparison.Ordinal);
        Assert.Equal(64 << 20, tuned.Stores["counts"].MemtableBytes);
        Assert.NotNull(new RocksDbBackendFactory(tuned));
    }

    [Fact]
    public void Every_snippet_of_the_guide_stands_in_this_file()
    {
        var source = Normalized(File.ReadAllLines(ThisFile()));
        var guide = File.ReadAllText(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs/guide/state-stores.md"));
        var snippets = guide.Split("```csharp\n").Skip(1).Select(part => part.Split("```")[0]).ToList();

        Assert.Equal(2, snippets.Count);
        Assert.All(snippets, snippet => Assert.Contains(Normalized(snippet.Split('\n')), source, StringComparison.Ordinal));
    }

    private static RocksDbOptions Tuned()
    {
        var tuning = new RocksDbOptions
        {
            BlockCacheBytes = 512L << 20,
            Options = "bytes_per_sync=1M;block_based_table_factory={format_version=6}",
            Stores =
            {
                ["counts"] = new() { MemtableBytes = 64 << 20, Options = "compaction_style=kCompactionStyleUniversal" },
            },
        };
        return tuning;
    }

    private static string Normalized(IEnumerable<string> lines) =>
        string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
