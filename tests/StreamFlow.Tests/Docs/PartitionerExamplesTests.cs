using System.Text.RegularExpressions;
using StreamFlow.Tests.Architecture;

namespace StreamFlow.Tests.Docs;

/// <summary>
/// Examples are copied. A producer of librdkafka's that is not told otherwise places keys where no join finds them, so each one that is
/// shown, or comes as a sample or template, sets the partitioner.
/// </summary>
public sealed partial class PartitionerExamplesTests
{
    private static readonly List<(string Path, string Text)> Examples =
    [
        .. ((string[])["README.md", "docs", "samples", "templates"])
            .Select(place => Path.Combine(SourceTree.Root, place))
            .SelectMany(path => File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories))
            .Where(path => Path.GetExtension(path) is ".md" or ".cs" or ".sh"
                && !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Select(path => (Path.GetRelativePath(SourceTree.Root, path), File.ReadAllText(path))),
    ];

    [Fact]
    public void Every_kcat_that_produces_sets_it() => AssertAllSetIt(Kcat(), "partitioner=murmur2_random");

    [Fact]
    public void Every_producer_of_confluent_sets_it() => AssertAllSetIt(Confluent(), "Partitioner.Murmur2Random");

    private static void AssertAllSetIt(Regex producer, string setting)
    {
        var found = Examples.SelectMany(e => producer.Matches(e.Text).Select(m => (e.Path, m.Value))).ToList();

        Assert.True(found.Count > 1, "No examples were found.");
        SourceTree.AssertNone(found.Where(f => !f.Value.Contains(setting, StringComparison.Ordinal)).Select(f => $"{f.Path}: {f.Value}"));
    }

    [GeneratedRegex(@"kcat\b[^\n`]* -P\b[^\n`]*")]
    private static partial Regex Kcat();

    [GeneratedRegex(@"new ProducerConfig\b[^;]*;")]
    private static partial Regex Confluent();
}
