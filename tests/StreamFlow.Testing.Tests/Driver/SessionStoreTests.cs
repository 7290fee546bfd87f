using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>Session stores, which no operator of the DSL has yet: the topology is described by hand.</summary>
public sealed class SessionStoreTests
{
    [Fact]
    public void Session_store_is_listed_and_read()
    {
        using var driver = new TopologyTestDriver(Sessions());

        driver.CreateInputTopic("in", Serdes.String, Serdes.String).Pipe("k", "v", timestamp: 5);

        Assert.Equal(
            [new StateStoreInfo("sessions", StateStoreKind.Session, typeof(string), typeof(string))], driver.StateStores);
        var session = Assert.Single(driver.GetSessionStore<string, string>("sessions").Fetch("k"));
        Assert.Equal((new Windowed<string>("k", new Window(5, 5)), "v"), (session.Key, session.Value));
    }

    private static Topology Sessions()
    {
        var graph = new TopologyGraph();
        var serdes = new StreamSerdes<string, string>(SerdeSource<string>.Registered, SerdeSource<string>.Registered);
        var source = new SourceNode<string, string>(
            "source", ["in"], SourceKind.Stream, null, serdes,
            new SourceTime<string, string>(null, InvalidTimestampPolicy.Fail));
        graph.Add(source);
        var store = new SessionStoreBuilder<string, string>("sessions", TimeSpan.FromSeconds(1))
        {
            StoreType = StoreType.InMemory,
            LoggingEnabled = false,
        };
        OperatorFactory<string, string, string, string> keep = (name, task, _) => new Keep(name, task);
        graph.Add(new OperatorNode<string, string, string, string>("keep", [source.Output], keep)
        {
            Rows = new RowsDescription(store, OnDemand: false),
        });
        return TopologyPlanner.Plan(graph, new TopologyOptions());
    }

    /// <summary>Makes a session of each record.</summary>
    private sealed class Keep(string name, TaskContext task) : Processor<string, string>(name)
    {
        private readonly SessionStore<string, string> _store = (SessionStore<string, string>)task.Store("sessions");

        public override void Process(in Record<string, string> record)
        {
            ref var session = ref _store.Find(record.Key, record.Timestamp, record.Timestamp);
            _store.Set(ref session, record.Value, record.HasValue, record.Timestamp, record.Headers);
        }
    }
}
