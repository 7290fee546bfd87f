using System.Globalization;
using System.Text.RegularExpressions;
using StreamFlow.Verification.Workers;

namespace StreamFlow.Verification.Oracles;

/// <summary>Which stores in RocksDB the tasks of a sub-topology have, as the topology describes itself.</summary>
internal static partial class StoreFolders
{
    private static readonly Dictionary<int, List<string>> BySubTopology = Find();

    public static IReadOnlyList<string> Of(int subTopology) => BySubTopology[subTopology];

    private static Dictionary<int, List<string>> Find()
    {
        var found = new Dictionary<int, List<string>>();
        var current = new List<string>();
        foreach (var line in VerifiedTopology.Build(new CrashPoints(), Plant.None).Describe().Split('\n'))
        {
            if (SubTopologyLine().Match(line) is { Success: true } begin)
            {
                found[int.Parse(begin.Groups[1].ValueSpan, CultureInfo.InvariantCulture)] = current = [];
            }
            else if (StoresLine().Match(line) is { Success: true } stores)
            {
                current.AddRange(stores.Groups[1].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries)
                    .Where(name => StoreLayout.All.ContainsKey(name) && !current.Contains(name)));
            }
        }

        var missing = StoreLayout.All.Keys.Except(found.Values.SelectMany(names => names)).ToList();
        return missing.Count == 0
            ? found
            : throw new HarnessException($"The topology has no stores {string.Join(", ", missing)}.");
    }

    [GeneratedRegex(@"Sub-topology: (\d+)")]
    private static partial Regex SubTopologyLine();

    [GeneratedRegex(@"\(stores: \[(.*)\]\)")]
    private static partial Regex StoresLine();
}
