using StreamFlow.Planning;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Where an application is in its life, as its queries see it.</summary>
/// <param name="State">Its state, for messages.</param>
/// <param name="IsNew">Whether it was not started yet.</param>
/// <param name="Runs">Whether its stores may be read.</param>
internal readonly record struct QueryLife(string State, bool IsNew, bool Runs);

/// <summary>The application as its queries see it.</summary>
/// <param name="applicationId">Its name.</param>
/// <param name="described">What it does, as it was described.</param>
/// <param name="life">Where it is in its life.</param>
/// <param name="services">What its threads share; null before it was started.</param>
/// <param name="isOnThread">Whether the caller is on one of its threads.</param>
internal sealed class QueryHost(
    string applicationId, TopologyPlan described, Func<QueryLife> life, Func<ThreadServices?> services, Func<bool> isOnThread)
{
    public string ApplicationId => applicationId;

    public bool IsOnThread => isOnThread();

    /// <summary>Names of the stores there are.</summary>
    public IReadOnlyList<string> Names =>
        [.. Parts.SelectMany(part => part.Stores).Select(store => store.Name).Order(StringComparer.Ordinal)];

    private TopologyPlan Plan => services()?.Topics.Plan ?? described;

    private IEnumerable<SubTopology> Parts => Plan.SubTopologies.Concat(Plan.Globals);

    /// <summary>The sub-topology that has a store.</summary>
    /// <exception cref="StoreQueryException">There is no such store.</exception>
    public SubTopology Find(string name) =>
        Parts.FirstOrDefault(part => part.Stores.Any(store => store.Name == name)) ?? throw Unknown(name);

    public bool IsGlobal(SubTopology part) => Plan.Globals.Contains(part);

    /// <summary>How many partitions a store has; a global one counts as one.</summary>
    public int CountOf(SubTopology part) => IsGlobal(part) ? 1 : Running(part.Stores[0].Name).Topics.TaskCount(part);

    /// <summary>What is here of a store, restored or not.</summary>
    public IReadOnlyList<StoreView> Views(string name) => Running(name).Views.All(name);

    /// <summary>What the threads share while there is something to be read.</summary>
    /// <exception cref="StoreQueryException">The application does not run.</exception>
    public ThreadServices Running(string store)
    {
        var now = life();
        return services() is { } shared && now.Runs
            ? shared
            : throw new StoreQueryException(
                StoreQueryFailure.NotRunning,
                $"Store '{store}' cannot be read: application '{applicationId}' is in state {now.State}. "
                + (now.IsNew ? "Start it first." : "It has to be in state Running, or Rebalancing."));
    }

    private StoreQueryException Unknown(string name)
    {
        var names = Names;
        var nearest = names.OrderBy(known => Distance(name, known)).Take(5).Select(known => $"'{known}'").ToList();
        return new StoreQueryException(
            StoreQueryFailure.UnknownStore,
            $"Application '{applicationId}' has no store '{name}'. " + (nearest.Count == 0
                ? "Its topology has no stores."
                : $"The nearest of its {names.Count} stores: {string.Join(", ", nearest)}. A table is kept in a store of a name "
                + "of yours where Materialized.Name gives one."));
    }

    /// <summary>How many letters are to be put in, taken out or changed to get from one to the other.</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var changed = diagonal + (char.ToUpperInvariant(from[i - 1]) == char.ToUpperInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
