using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class StreamsApplication
{
    private StoreQueries? _stores;

    /// <summary>
    /// The stores of this instance, to be read from any thread while it runs; by default what is committed. See
    /// <c>docs/guide/queries.md</c>.
    /// </summary>
    public StoreQueries Stores => LazyInitializer.EnsureInitialized(
        ref _stores,
        () => new StoreQueries(new QueryHost(
            _options.ApplicationId, _topology.Plan, () => LifeOf(State), () => _threadServices, () => _inside.IsOnThread)));

    internal StoreViews? Views => _threadServices?.Views;

    private static QueryLife LifeOf(StreamsState state) => new(
        state.ToString(), state == StreamsState.Created, state is StreamsState.Rebalancing or StreamsState.Running);
}
