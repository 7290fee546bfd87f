using System.Text.RegularExpressions;

namespace StreamFlow.Planning;

/// <summary>
/// Finds what has a generated name and keeps data under it. Asked of the plan, so that only what there is in the end needs a name.
/// </summary>
internal static partial class ExplicitNames
{
    /// <exception cref="TopologyException">Something has a generated name; the message lists all that have.</exception>
    public static void Check(TopologyPlan plan, TopologyGraph description)
    {
        // A global table is on disk too: with another name it is read anew, and the one before stays behind.
        var stores = plan.SubTopologies.Concat(plan.Globals).SelectMany(s => s.Stores).Where(store => IsGenerated(store.Name)).ToList();
        var repartitions = plan.SubTopologies.SelectMany(s => s.RepartitionSinks).Select(topic => topic.Name)
            .Where(IsGenerated).Distinct(StringComparer.Ordinal).ToList();
        var complaints = new[]
        {
            Complaint("repartition topics", "Grouped.Name, Joined.Name or Repartitioned.Name", repartitions),
            Complaint(
                "changelog topics",
                "Materialized.Name",
                [.. stores.Where(store => store.IsLogged).Select(store => store.ChangelogTopic)]),
            Complaint("state stores", "Materialized.Name", [.. stores.Select(store => store.Name)]),
        };
        if (stores.Count + repartitions.Count > 0)
        {
            throw new TopologyException(
                $"Names are to be explicit, and these are generated. {string.Join(' ', complaints.Where(text => text.Length > 0))}");
        }

        bool IsGenerated(string name) => Generated().IsMatch(name) || description.IsGenerated(name);
    }

    private static string Complaint(string what, string remedy, List<string> names) =>
        names.Count == 0 ? string.Empty : $"{char.ToUpperInvariant(what[0])}{what[1..]}: {string.Join(", ", names)} (set {remedy}).";

    [GeneratedRegex("^(KSTREAM|KTABLE)-.*-?[0-9]{10}", RegexOptions.CultureInvariant)]
    private static partial Regex Generated();
}
