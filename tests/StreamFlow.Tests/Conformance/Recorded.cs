namespace StreamFlow.Tests.Conformance;

/// <summary>Reads recorded behaviour: blocks of text under headings.</summary>
internal static class Recorded
{
    /// <summary>The blocks of a file by heading, in order.</summary>
    public static IReadOnlyDictionary<string, string[]> Blocks(string file, string mark)
    {
        using var stream = typeof(Recorded).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"There is no recording {file}.");
        using var reader = new StreamReader(stream);
        var blocks = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var current = new List<string>();
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith(mark, StringComparison.Ordinal))
            {
                current = [];
                blocks.Add(line[mark.Length..], current);
            }
            else
            {
                current.Add(line);
            }
        }

        return blocks.ToDictionary(block => block.Key, block => block.Value.ToArray(), StringComparer.Ordinal);
    }
}
