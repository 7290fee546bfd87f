using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Measuring;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>What the stream threads of an application share.</summary>
internal sealed class ThreadServices
{
    private ResolvedTopics _topics = null!;

    public required StreamFlowOptions Options { get; init; }

    /// <summary>The topics as they were when somebody looked last: another instance after each change that was seen.</summary>
    public required ResolvedTopics Topics
    {
        get => Volatile.Read(ref _topics);
        set => Volatile.Write(ref _topics, value);
    }

    /// <summary>What all instances' topologies must have in common, as text.</summary>
    public string TopologyIdentity { get; init; } = string.Empty;

    /// <summary>What looks at the cluster while the application runs.</summary>
    public IClusterWatch Watch { get; set; } = new NoClusterWatch();

    public required IKafkaClients Clients { get; init; }

    public required StateDirectory? StateDirectory { get; init; }

    /// <summary>Opens persistent stores; null keeps all stores in memory.</summary>
    public required IStoreBackendFactory? StoreBackend { get; init; }

    /// <summary>Committed state of the tasks that run, to be read from any thread.</summary>
    public StoreViews Views { get; } = new();

    /// <summary>Names of the stores that each instance fills for itself.</summary>
    public IReadOnlySet<string> GlobalStores => field ??= Topics.Plan.Globals
        .SelectMany(global => global.Stores.Select(store => store.Name))
        .ToHashSet(StringComparer.Ordinal);

    public required TimeProvider Time { get; init; }

    /// <summary>What the application measures of itself.</summary>
    public ApplicationMeter Meter
    {
        get => field ??= new ApplicationMeter(Options.ApplicationId, Options.MetricsLevel);
        init;
    }

    public required ILogger Logger { get; init; }

    /// <summary>Records that took longer than the consumer may go without polling.</summary>
    public SlowRecords SlowRecords { get; } = new();

    /// <summary>What makes results wrong although nothing fails.</summary>
    public WarningSet Warnings { get; } = new();

    /// <summary>Stores that begin empty though their input was read before.</summary>
    public EmptyBeginnings Empty => LazyInitializer.EnsureInitialized(
        ref field, () => new EmptyBeginnings(Options.ApplicationId, Warnings, Logger));

    /// <summary>Where the keys of topics lie that others write.</summary>
    public KeyPlacements Placements => LazyInitializer.EnsureInitialized(
        ref field, () => new KeyPlacements(Options, Meter, Warnings, Logger));

    /// <summary>What looks where the keys of an input of a task lie; null where it is no matter.</summary>
    public KeyPlacement? PlacementOf(SubTopology subTopology, SourceTopic topic, TopicPartition partition) =>
        Placements.Of(subTopology, topic, partition.Partition, Topics.PartitionCounts.GetValueOrDefault(partition.Topic));

    /// <summary>Size of the batches that all topics take which are known to be written to; null when it is not known.</summary>
    public int? MaxBatchBytes { get; init; }

    /// <summary>Identity of this instance, part of its transactional ids.</summary>
    public Guid ProcessId { get; init; } = Guid.NewGuid();

    public ErrorPolicy Errors => field ??= new ErrorPolicy(
        ErrorPolicy.Of(Options.DeserializationErrors, Options.DeserializationErrorHandler),
        ErrorPolicy.Of(Options.ProcessingErrors, Options.ProcessingErrorHandler),
        ErrorPolicy.Of(Options.ProductionErrors, Options.ProductionErrorHandler),
        string.IsNullOrEmpty(Options.DeadLetterTopic) ? null : Options.DeadLetterTopic,
        Options.DeadLetterFallback);

    /// <summary>The thread's share of the record cache.</summary>
    public long CacheBytesPerThread => Options.CacheMaxBytes / Options.NumStreamThreads;

    /// <summary>What a member shows the others that goes by these topics.</summary>
    public MemberMark MarkWith(ResolvedTopics topics) => MemberMark.Of(Options.TopologyVersion, TopologyIdentity, topics);
}
