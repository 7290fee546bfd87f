using System.Runtime.CompilerServices;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>Files of the repository.</summary>
internal static class Repository
{
    public static string PathOf(string file, [CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..", file));

    public static string Read(string file) => File.ReadAllText(PathOf(file));
}
