namespace StreamFlow.Protocol.Tests.Golden;

/// <summary>Files that are compiled into the tests.</summary>
internal static class Resources
{
    public static string Text(string name)
    {
        using var reader = new StreamReader(typeof(Resources).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    public static IEnumerable<string> Lines(string name) => Text(name).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
