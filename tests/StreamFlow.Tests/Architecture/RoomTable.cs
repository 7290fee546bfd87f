using System.Text.RegularExpressions;

namespace StreamFlow.Tests.Architecture;

/// <summary>
/// The rooms of one project, which are its folders, and what each may use: as docs/ARCHITECTURE.md tells it, so that what the
/// page says is the rule. What a room uses, those above it may use too.
/// </summary>
internal sealed partial class RoomTable
{
    private const string Root = "/";

    private readonly Dictionary<string, HashSet<string>> _allowed = [];

    private RoomTable(IReadOnlyDictionary<string, string[]> uses)
    {
        Rooms = [.. uses.Keys];
        foreach (var room in Rooms)
        {
            var below = _allowed[room] = [];
            var open = new Stack<string>(uses[room]);
            while (open.TryPop(out var next))
            {
                if (below.Add(next))
                {
                    Array.ForEach(uses.GetValueOrDefault(next, []), open.Push);
                }
            }
        }
    }

    /// <summary>The tables by project.</summary>
    public static IReadOnlyDictionary<string, RoomTable> All { get; } = Read();

    public IReadOnlyList<string> Rooms { get; }

    /// <summary>The rooms below a room.</summary>
    public IReadOnlySet<string> Below(string room) => _allowed.GetValueOrDefault(room, []);

    /// <summary>The room of a file by its path from the repository's root; null outside of the project.</summary>
    public static string? RoomOf(string project, string path)
    {
        var prefix = $"src/{project}/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
        {
            return null;
        }

        var end = path.LastIndexOf('/');
        return end < prefix.Length ? Root : path[prefix.Length..end];
    }

    /// <summary>A path for a file in a room.</summary>
    public static string PathIn(string project, string room, string file) =>
        room == Root ? $"src/{project}/{file}" : $"src/{project}/{room}/{file}";

    private static Dictionary<string, RoomTable> Read()
    {
        var section = File.ReadAllText(SourceTree.FullPath("docs/ARCHITECTURE.md")).Split("\n## Rooms\n")[1].Split("\n## ")[0];
        return section.Split("\n### `").Skip(1).ToDictionary(
            part => part.Split('`')[0],
            part => new RoomTable(Row().Matches(part).ToDictionary(
                row => row.Groups["room"].Value,
                row => Name().Matches(row.Groups["uses"].Value).Select(name => name.Groups[1].Value).ToArray())));
    }

    [GeneratedRegex(@"^\| `(?<room>[^`]+)` \|[^|]+\|(?<uses>[^|]*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Name();
}
