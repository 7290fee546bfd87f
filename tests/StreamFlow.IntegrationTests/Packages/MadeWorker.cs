using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>
/// A worker as a newcomer gets it: the template installed from the feed, and a project made under a name that is no name in C#.
/// Made and built once; the tests of it run one after the other.
/// </summary>
public sealed class MadeWorker
{
    public const string Name = "order-desk";

    private readonly PackedFeed _feed;
    private readonly Lazy<Task<string>> _made;
    private readonly Lazy<Task<string>> _tested;

    public MadeWorker(PackedFeed feed)
    {
        _feed = feed;
        _made = new(MakeAsync);
        _tested = new(TestAsync);
    }

    /// <summary>The folder of the worker, with nothing built.</summary>
    public Task<string> FolderAsync() => _made.Value;

    /// <summary>What 'dotnet test' says in that folder, after it has built everything.</summary>
    public Task<string> TestedAsync() => _tested.Value;

    private async Task<string> MakeAsync()
    {
        var version = await _feed.VersionAsync();
        var folder = _feed.NewFolder("new");
        string[] hive = ["--debug:custom-hive", Path.Combine(folder, "hive")];
        await Dotnet.RunAsync(folder, ["new", "install", _feed.Packages($"StreamFlow.Templates.{version}.nupkg").Single(), .. hive]);
        await Dotnet.RunAsync(folder, ["new", "streamflow", "-o", Name, .. hive]);
        return Path.Combine(folder, Name);
    }

    private async Task<string> TestAsync() => await Dotnet.RunAsync(await FolderAsync(), "test", "-c", "Release");
}
