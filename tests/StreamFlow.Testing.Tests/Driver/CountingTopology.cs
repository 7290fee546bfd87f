using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>A plan made by hand: counts the records of topic <c>in</c> by key, in store <c>counts</c>.</summary>
internal static class CountingTopology
{
    public static Topology Create(bool persistent = false)
    {
        var store = new StoreDefinition
        {
            Name = "counts",
            IsPersistent = persistent,
            IsLogged = true,
            ChangelogConfigs = new Dictionary<string, string> { ["cleanup.policy"] = "compact" },
            Create = () => new KeyValueStore<string, long>("counts", Serdes.String, Serdes.Int64, timestamped: true),
        };
        var subTopology = new SubTopology
        {
            Id = 0,
            Sources = [new SourceTopic("in", IsRepartition: false, "source", null)],
            RepartitionSinks = [],
            SinkTopics = [],
            CopartitionGroups = [],
            Stores = [store],
            Build = Build,
        };
        return new Topology(new TopologyPlan([subTopology]), []);
    }

    private static TaskTopology Build(TaskContext context)
    {
        var count = new CountProcessor();
        var format = new SourceFormat<string, string>(
            Serdes.String, Serdes.String, null, InvalidTimestampPolicy.Fail, ReadsOnePartition: true);
        var source = new TopicSourceProcessor<string, string>("source", context, format, count);
        return new TaskTopology([source, count], new Dictionary<string, SourceProcessor> { ["in"] = source });
    }

    private sealed class CountProcessor() : Processor<string, string>("count")
    {
        private TaskContext? _context;
        private KeyValueStore<string, long>? _counts;

        public override void Init(TaskContext context)
        {
            _context = context;
            _counts = (KeyValueStore<string, long>)context.Store("counts");
        }

        public override void Process(in Record<string, string> record)
        {
            if (!record.HasKey)
            {
                _context!.Drop(DropReason.NullKey, this);
                return;
            }

            ref var entry = ref _counts!.Find(record.Key);
            _counts.Set(ref entry, entry.Value + 1, hasValue: true, record.Timestamp, null);
        }
    }
}
