using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class StreamsApplication
{
    private StoreQueries? _stores;
    private volatile Described? _described;

    /// <summary>
    /// The stores of this instance, to be read from any thread while it runs; by default what is committed. See
    /// <c>docs/guide/queries.md</c>.
    /// </summary>
    public StoreQueries Stores => LazyInitializer.EnsureInitialized(
        ref _stores,
        () => new StoreQueries(new QueryHost(
            _options.ApplicationId, _topology.Plan, () => LifeOf(State), () => _threadServices, () => _inside.IsOnThread)));

    /// <summary>
    /// What it does, as data: sub-topologies, nodes, topics by their full names, stores. Topics that are read because their names
    /// match a pattern are in it once the application has started.
    /// </summary>
    public TopologyDescription Topology
    {
        get
        {
            var plan = _threadServices?.Topics.Plan ?? _topology.Plan;
            return (_described is { } known && known.Plan == plan
                ? known
                : _described = new Described(plan, _topology.ToDescription(_options.ApplicationId, plan))).Topology;
        }
    }

    internal StoreViews? Views => _threadServices?.Views;

    /// <summary>Made once for a plan: those who draw it ask each second.</summary>
    private sealed record Described(Planning.TopologyPlan Plan, TopologyDescription Topology);

    private static QueryLife LifeOf(StreamsState state) => new(
        state.ToString(), state == StreamsState.Created, state is StreamsState.Rebalancing or StreamsState.Running);
}
