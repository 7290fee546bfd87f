using System.Globalization;
using System.Runtime.CompilerServices;
using YamlDotNet.RepresentationModel;

namespace StreamFlow.Samples.Tests.Deploy;

/// <summary>YAML files below <c>deploy/</c>.</summary>
internal static class Yaml
{
    public static string PathOf(string file, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../deploy", file));

    public static YamlNode Read(string file)
    {
        using var reader = new StreamReader(PathOf(file));
        var stream = new YamlStream();
        stream.Load(reader);
        return Assert.Single(stream.Documents).RootNode;
    }

    /// <summary>The node at a path of keys and indices.</summary>
    public static YamlNode At(this YamlNode node, params ReadOnlySpan<string> path)
    {
        foreach (var key in path)
        {
            node = node is YamlSequenceNode list ? list[int.Parse(key, CultureInfo.InvariantCulture)] : Child(node, key);
        }

        return node;
    }

    public static string Text(this YamlNode node) => Assert.IsType<YamlScalarNode>(node).Value!;

    public static IReadOnlyList<string> Texts(this YamlNode node) => [.. Assert.IsType<YamlSequenceNode>(node).Select(Text)];

    public static IReadOnlyDictionary<string, YamlNode> Entries(this YamlNode node) =>
        Assert.IsType<YamlMappingNode>(node).ToDictionary(entry => entry.Key.Text(), entry => entry.Value);

    private static YamlNode Child(YamlNode node, string key)
    {
        var entries = node.Entries();
        Assert.True(entries.ContainsKey(key), $"There is no '{key}' beside {string.Join(", ", entries.Keys)}.");
        return entries[key];
    }
}
