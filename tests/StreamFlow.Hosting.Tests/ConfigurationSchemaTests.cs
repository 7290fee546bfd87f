using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using StreamFlow.Hosting.Tests.Support;
using StreamFlow.State;

namespace StreamFlow.Hosting.Tests;

/// <summary>The schema by which editors complete <c>appsettings.json</c>.</summary>
public sealed class ConfigurationSchemaTests
{
    /// <summary>After a change of the options, <c>eng/configuration-schema.sh</c> writes it anew.</summary>
    [Fact]
    public void Schema_is_that_of_the_options_types()
    {
        var expected = SchemaWriter.Write();
        if (Environment.GetEnvironmentVariable("STREAMFLOW_WRITE_SCHEMA") == "1")
        {
            File.WriteAllText(SchemaFile(), expected);
        }

        Assert.Equal(expected, File.ReadAllText(SchemaFile()));
    }

    /// <summary>Beside what writes it: the keys are those that the binder reads, the choices those of the types.</summary>
    [Fact]
    public void Keys_and_choices_are_those_of_the_types()
    {
        var root = JsonNode.Parse(File.ReadAllText(SchemaFile()))!["properties"]!["StreamFlow"]!;
        var application = root["additionalProperties"]!;
        var streams = application["properties"]!["Streams"]!;

        Assert.Equal(Keys<StreamFlowHostOptions>(), Keys(application));
        Assert.Equal(Keys<StreamFlowOptions>(), Keys(streams));
        Assert.Equal(Keys<RocksDbOptions>(), Keys(root["properties"]!["RocksDb"]!));
        Assert.Equal(
            Keys<RocksDbStoreOptions>(), Keys(root["properties"]!["RocksDb"]!["properties"]!["Stores"]!["additionalProperties"]!));
        Assert.Equal(
            Enum.GetNames<ProcessingGuarantee>(),
            streams["properties"]!["ProcessingGuarantee"]!["enum"]!.AsArray().Select(n => (string?)n));
        Assert.Equal("integer", (string?)streams["properties"]!["NumStreamThreads"]!["type"]);
        Assert.StartsWith(
            "How often processed positions and state are committed", (string?)streams["properties"]!["CommitInterval"]!["description"],
            StringComparison.Ordinal);
        Assert.False((bool)streams["additionalProperties"]!);
    }

    private static IEnumerable<string> Keys(JsonNode section) => section["properties"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Keys<T>() => typeof(T).GetProperties()
        .Where(p => p.SetMethod is { IsPublic: true } && !typeof(Delegate).IsAssignableFrom(p.PropertyType))
        .Select(p => p.Name).Order(StringComparer.Ordinal);

    private static string SchemaFile([CallerFilePath] string path = "") =>
        Path.Combine(Path.GetDirectoryName(path)!, "../../src/StreamFlow.Hosting/ConfigurationSchema.json");
}
