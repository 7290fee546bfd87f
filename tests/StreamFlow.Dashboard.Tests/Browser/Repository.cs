using System.Runtime.CompilerServices;

namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Where pictures of the page go.</summary>
internal static class Repository
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../.."));

    /// <summary>The full path of a folder of the repository, which is made where it is not there.</summary>
    public static string Folder(string path) => Directory.CreateDirectory(Path.Combine(Root, path)).FullName;

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
