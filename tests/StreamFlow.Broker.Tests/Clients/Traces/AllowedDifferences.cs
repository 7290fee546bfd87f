namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>A line of allowed-differences.txt.</summary>
/// <param name="Api">The API, or '*'.</param>
/// <param name="Field">The path of the field in its answer.</param>
internal sealed record AllowedDifference(string Api, string Field)
{
    public bool Covers(string difference)
    {
        string path = difference.Split(':')[0];
        int dot = path.IndexOf('.', StringComparison.Ordinal);
        return (Api == "*" || Api == path[..dot]) && path[(dot + 1)..] == Field;
    }
}

/// <summary>The fields in which answers may differ.</summary>
internal static class AllowedDifferences
{
    public static IReadOnlyList<AllowedDifference> All { get; } =
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Clients", "Traces", "allowed-differences.txt"))
            .Where(static x => x.Length > 0 && x[0] != '#').Select(static x => x.Split(' ')[0].Split('.', 2))
            .Select(static x => new AllowedDifference(x[0], x[1])),
    ];
}
