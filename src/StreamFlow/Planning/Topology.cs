using StreamFlow.Planning;
using StreamFlow.Serialization;

namespace StreamFlow;

/// <summary>
/// A topology: what <c>StreamsBuilder.Build()</c> makes and an application runs; or one that is put together here, node by
/// node, for what the operators of streams and tables do not offer. It may be shared by any number of applications and
/// threads, and does not change any more once one of them has it.
/// </summary>
/// <example><code>
/// var topology = new Topology()
///     .AddSource&lt;string, string&gt;("orders-source", "orders")
///     .AddProcessor("check", () => new Check(), "orders-source")
///     .AddStateStore(new KeyValueStoreBuilder&lt;string, long&gt;("seen"), "check")
///     .AddSink&lt;string, string&gt;("checked-sink", "checked", "check");
/// </code></example>
public sealed partial class Topology
{
    private readonly Lock _lock = new();
    private readonly TopologyGraph? _description;
    private readonly TopologyOptions _options = new();
    private PlannedTopology? _planned;
    private bool _isFinal;

    /// <summary>Begins a topology that is put together node by node.</summary>
    public Topology() => _description = new TopologyGraph();

    /// <summary>Begins a topology that is put together node by node, with a wrapper round its processors.</summary>
    /// <param name="wrapper">Is asked about each processor when the topology is described or run.</param>
    public Topology(IProcessorWrapper wrapper)
        : this()
    {
        ArgumentNullException.ThrowIfNull(wrapper);
        _options = new TopologyOptions { ProcessorWrapper = wrapper };
    }

    internal Topology(PlannedTopology planned) => _planned = planned;

    /// <summary>Serdes for nodes that are given none. Those of a topology that a builder has made are the builder's.</summary>
    /// <exception cref="InvalidOperationException">A builder has made the topology.</exception>
    public SerdeRegistry Serdes => Description.Serdes;

    internal TopologyPlan Plan
    {
        get
        {
            lock (_lock)
            {
                if (_description is not null && !_isFinal)
                {
                    // Anew: serdes may have been added since it was planned to be described.
                    _planned = TopologyPlanner.Make(_description, _options);
                    _description.Freeze();
                    _isFinal = true;
                }

                return Planned.Plan;
            }
        }
    }

    /// <summary>The nodes of the plan, their serdes bound.</summary>
    internal IReadOnlyList<NodeDescription> Nodes
    {
        get
        {
            _ = Plan;
            return Planned.Graph.Nodes;
        }
    }

    /// <summary>
    /// What instances of one application must have in common, as text: the structure, and what each store is restored from, which
    /// the description does not tell.
    /// </summary>
    internal string Identity => Describe() + string.Concat(
        from subTopology in Plan.SubTopologies
        from store in subTopology.Stores
        select $"{store.Name} <- {(store.IsLogged ? store.ChangelogTopic : store.Source?.Topic)}\n");

    /// <summary>Whether any of its stores is kept on disk, so that it needs <see cref="StreamsServices.StoreBackend"/>.</summary>
    public bool HasPersistentStores => Now.Plan.SubTopologies.Concat(Now.Plan.Globals).Any(s => s.Stores.Any(d => d.IsPersistent));

    /// <summary>What nodes are added to.</summary>
    private TopologyGraph Description => _description ?? throw new InvalidOperationException(
        "The topology is built: its description cannot change any more. Describe all of it before Build().");

    private PlannedTopology Planned => _planned ??= TopologyPlanner.Make(Description, _options);

    private PlannedTopology Now
    {
        get
        {
            lock (_lock)
            {
                return Planned;
            }
        }
    }

    /// <summary>
    /// The topology as text, in the format of Kafka Streams' <c>TopologyDescription</c>, so that tools made for it
    /// (visualisers, tests of upgrade compatibility) work.
    /// </summary>
    /// <returns>Text of several lines.</returns>
    public string Describe() => TopologyDescriber.Describe(Now.Graph, Now.Groups);

    /// <summary>The topology as a Mermaid flowchart: topics, nodes and stores, grouped by sub-topology.</summary>
    /// <returns>Text of several lines, to put into a Markdown block <c>mermaid</c>.</returns>
    public string ToMermaid() => MermaidWriter.Write(Now.Graph, Now.Groups);

    /// <summary>The topology as data.</summary>
    /// <param name="applicationId">Name of the application.</param>
    /// <param name="running">The plan as it is laid over a cluster, or as it was described.</param>
    internal TopologyDescription ToDescription(string applicationId, TopologyPlan running) =>
        new DescriptionMaker(Planned, applicationId, running).Make();

    /// <inheritdoc cref="Describe"/>
    public override string ToString() => Describe();

    /// <summary>Changes the description; what was planned before is planned anew when it is asked for.</summary>
    private Topology Change(Action<TopologyGraph> change)
    {
        lock (_lock)
        {
            Description.EnsureOpen();
            change(Description);
            _planned = null;
            return this;
        }
    }
}
