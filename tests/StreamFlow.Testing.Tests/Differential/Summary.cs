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
        var folder = Path.Combine(Root(), "artifacts", "test-results");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "random-programs.txt"), line + Environment.NewLine);
        return line;
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "StreamFlow.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"No StreamFlow.sln above {AppContext.BaseDirectory}.");
        }

        return folder.FullName;
    }
}
