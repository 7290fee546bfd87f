using System.Globalization;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>A line about a comparison with Kafka Streams, in a file that <c>test.sh</c> prints if the test ran.</summary>
internal static class Summary
{
    public static string Write(int programs, int differences)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"random programs: {programs} compared with Kafka Streams 4.3.1, seeds {Seeds.First} and up: {differences} with differences");
        if (Root() is { } root)
        {
            var folder = Path.Combine(root, "artifacts", "test-results");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "random-programs.txt"), line + Environment.NewLine);
        }

        return line;
    }

    /// <summary>The checkout; null for a copy of the tests that runs outside of one.</summary>
    private static string? Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "StreamFlow.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
