using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>What the stream threads of an application share.</summary>
internal sealed class ThreadServices
{
    private readonly Lock _gate = new();

    public required StreamFlowOptions Options { get; init; }

    public required ResolvedTopics Topics { get; init; }

    public required IKafkaClients Clients { get; init; }

    public required StateDirectory? StateDirectory { get; init; }

    /// <summary>Opens persistent stores; null keeps all stores in memory.</summary>
    public required IStoreBackendFactory? StoreBackend { get; init; }

    /// <summary>Committed state of the tasks that run, to be read from any thread.</summary>
    public StoreViews Views { get; } = new();

    public required TimeProvider Time { get; init; }

    public required ILogger Logger { get; init; }

    /// <summary>Called when a thread is about to join its group as a static member.</summary>
    public Action StaticMemberJoins { get; set; } = static () => { };

    /// <summary>Identity of this instance, part of its transactional ids.</summary>
    public Guid ProcessId { get; init; } = Guid.NewGuid();

    public ErrorPolicy Errors => field ??= new ErrorPolicy(
        Options.DeserializationErrorHandler,
        Options.ProcessingErrorHandler,
        Options.ProductionErrorHandler,
        string.IsNullOrEmpty(Options.DeadLetterTopic) ? null : Options.DeadLetterTopic);

    /// <summary>The event times of the tasks whose records meet again, wherever they run.</summary>
    public EventTimePaces Paces
    {
        get
        {
            lock (_gate)
            {
                return field ??= new EventTimePaces(Time, Options.MaxEventTimeSkew);
            }
        }
    }

    /// <summary>The thread's share of the record cache.</summary>
    public long CacheBytesPerThread => Options.CacheMaxBytes / Options.NumStreamThreads;
}
