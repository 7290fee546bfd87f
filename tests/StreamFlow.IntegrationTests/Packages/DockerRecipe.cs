using System.Text.RegularExpressions;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>What a Dockerfile and the commands at its head say, to be done without Docker.</summary>
internal sealed partial class DockerRecipe(string text)
{
    /// <summary>Arguments of dotnet that publish what is copied.</summary>
    public string[] Publish { get; } = One(text, @"^#\s+dotnet (publish .+)$").Split(' ');

    /// <summary>The folder that is copied into the image.</summary>
    public string Copied { get; } = One(text, @"^COPY (\S+) \.$");

    /// <summary>Where the image keeps state.</summary>
    public string Volume { get; } = One(text, @"^VOLUME (\S+)$");

    /// <summary>The program of the image and its arguments.</summary>
    public string[] EntryPoint { get; } = [.. One(text, @"^ENTRYPOINT \[(.+)\]$").Split(',').Select(part => part.Trim().Trim('"'))];

    /// <summary>What is in the environment: by the image, and by the command that runs it.</summary>
    public Dictionary<string, string> Environment { get; } = Variables().Matches(text)
        .ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value);

    private static string One(string text, string pattern) =>
        Assert.Single(Regex.Matches(text, pattern, RegexOptions.Multiline)).Groups[1].Value;

    [GeneratedRegex(@"(^ENV | -e )(?<name>\w+)=(?<value>\S+)", RegexOptions.Multiline)]
    private static partial Regex Variables();
}
