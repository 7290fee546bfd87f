using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Packages;

/// <summary>A feed as eng/pack.sh makes it, and folders that use it as somebody does who has nothing else. Packed once.</summary>
public sealed class PackedFeed : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Lazy<Task<string>> _packed;

    public PackedFeed() => _packed = new(PackAsync);

    public string Root => _folder.Path;

    public string Path => System.IO.Path.Combine(_folder.Path, "feed");

    /// <summary>The version of all packages in the feed, which MinVer has chosen.</summary>
    public Task<string> VersionAsync() => _packed.Value;

    public string[] Packages(string pattern) => Directory.GetFiles(Path, pattern);

    /// <summary>A new folder that takes our packages from the feed, into a cache that ends with the tests, and all others as the machine has them.</summary>
    public string NewFolder(string name)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(_folder.Path, name)).FullName;
        var cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
            : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        File.WriteAllText(System.IO.Path.Combine(folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="../cache" /></config>
              <fallbackPackageFolders><add key="machine" value="{cache}" /></fallbackPackageFolders>
              <packageSources><clear /><add key="packed" value="../feed" /></packageSources>
            </configuration>
            """);
        return folder;
    }

    public void Dispose() => _folder.Dispose();

    private async Task<string> PackAsync()
    {
        await Dotnet.RunCommandAsync(System.IO.Path.Combine(Repository.Root, "eng", "pack.sh"), Repository.Root, Path);

        // No other package's name begins with this one's.
        return System.IO.Path.GetFileNameWithoutExtension(Packages("StreamFlow.Templates.*.nupkg").Single())["StreamFlow.Templates.".Length..];
    }
}

/// <summary>Tests that run the SDK's command, one after the other.</summary>
[CollectionDefinition(nameof(Dotnet))]
public sealed class DotnetGroup : ICollectionFixture<PackedFeed>;
