namespace StreamFlow.Docs.Tests;

/// <summary>The repository that the pages are of.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string FullPath(string relative) => Path.Combine(Root, relative);

    /// <summary>Fails with one line per offender, whole: a truncated list would have to be asked for again and again.</summary>
    public static void AssertNone(IEnumerable<string> offenders)
    {
        var list = offenders.ToList();
        Assert.True(list.Count == 0, string.Join('\n', list));
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "StreamFlow.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No StreamFlow.sln above {AppContext.BaseDirectory}.");
    }
}
