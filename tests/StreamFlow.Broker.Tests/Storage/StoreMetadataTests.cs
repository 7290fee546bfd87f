using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>A metadata file that something damaged is an error that says so, and never read for what it is not.</summary>
public sealed class StoreMetadataTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    public static TheoryData<string> Damages() =>
    [
        "", "null", "[]", "{}", "\0\0\0\0\0\0\0\0", "not json", "\"text\"", "{\"clusterId\":null}",
        """{"clusterId":""}""", """{"clusterId":"c","topics":null}""", """{"clusterId":"c","deleting":null}""",
        """{"clusterId":"c","topics":[null]}""", """{"clusterId":"c","topics":[{}]}""",
        """{"clusterId":"c","topics":[{"name":"t"}]}""", """{"clusterId":"c","formatVersion":0}""",
        """{"clusterId":"c","nextProducerId":-5}""", """{"clusterId":"c","formatVersion":"one"}""",
        Topic("""{"name":null,"id":"ID","partitions":1,"configs":{}}"""),
        Topic("""{"name":"a/b","id":"ID","partitions":1,"configs":{}}"""),
        Topic("""{"name":"t","id":"00000000-0000-0000-0000-000000000000","partitions":1,"configs":{}}"""),
        Topic("""{"name":"t","id":"nobody","partitions":1,"configs":{}}"""),
        Topic("""{"name":"t","id":"ID","partitions":0,"configs":{}}"""),
        Topic("""{"name":"t","id":"ID","partitions":2000000000,"configs":{}}"""),
        Topic("""{"name":"t","id":"ID","partitions":1,"configs":null}"""),
        Topic("""{"name":"t","id":"ID","partitions":1}"""),
        Topic("""{"name":"t","id":"ID","partitions":1,"configs":{"cleanup.policy":null}}"""),
        Topic("""
            {"name":"t","id":"ID","partitions":1,"configs":{}},
            {"name":"t","id":"11111111-1111-1111-1111-111111111111","partitions":1,"configs":{}}
            """),
        Topic("""{"name":"t","id":"ID","partitions":1,"configs":{}},{"name":"u","id":"ID","partitions":1,"configs":{}}"""),
    ];

    [Theory]
    [MemberData(nameof(Damages))]
    public void Damaged_metadata_is_an_error_that_names_the_file_and_the_remedy(string content)
    {
        Directory.CreateDirectory(_temporary.Sub("data"));
        File.WriteAllText(Path.Combine(_temporary.Sub("data"), StoreMetadata.FileName), content);
        AssertDamaged();
    }

    [Fact]
    public void Metadata_cut_off_anywhere_or_zeroed_from_anywhere_is_an_error()
    {
        using (var store = Open())
        {
            store.CreateTopic("t", 2, new Dictionary<string, string> { [TopicConfigs.CleanupPolicyName] = "compact" });
        }

        var path = Path.Combine(_temporary.Sub("data"), StoreMetadata.FileName);
        var whole = File.ReadAllBytes(path);
        for (var size = 0; size < whole.Length; size++)
        {
            File.WriteAllBytes(path, whole[..size]);
            AssertDamaged();
            var zeroed = whole.ToArray();
            zeroed.AsSpan(size).Clear();
            File.WriteAllBytes(path, zeroed);
            AssertDamaged();
        }

        File.WriteAllBytes(path, whole);
        using var again = Open();
        Assert.Equal(2, again.GetTopic("t")!.Partitions.Count);
    }

    [Fact]
    public async Task Executable_says_what_is_damaged_and_ends()
    {
        Directory.CreateDirectory(_temporary.Sub("data"));
        File.WriteAllText(Path.Combine(_temporary.Sub("data"), StoreMetadata.FileName), "{");
        (int exitCode, _, string errors) = await StandaloneBroker.RunAsync("--data", _temporary.Sub("data"), "--port", "0");
        Assert.Equal(1, exitCode);
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.Contains("is damaged", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    private static string Topic(string topics) =>
        "{\"clusterId\":\"c\",\"topics\":[" + topics.Replace("ID", Guid.AllBitsSet.ToString(), StringComparison.Ordinal) + "]}";

    private void AssertDamaged()
    {
        var damaged = Assert.Throws<InvalidDataException>(() => Open().Dispose());
        Assert.Contains(StoreMetadata.FileName, damaged.Message, StringComparison.Ordinal);
        Assert.Contains("backup", damaged.Message, StringComparison.Ordinal);
    }

    private TopicStore Open() => TopicStore.Open(new StoreOptions
    {
        DataDirectory = _temporary.Sub("data"), MaintenanceInterval = TimeSpan.Zero,
    });
}
