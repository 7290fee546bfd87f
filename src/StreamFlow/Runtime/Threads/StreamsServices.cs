using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StreamFlow.State;

namespace StreamFlow;

/// <summary>What an application runs on besides its Kafka clients.</summary>
public sealed record StreamsServices
{
    /// <summary>Opens persistent stores: <c>new RocksDbBackendFactory()</c> of StreamFlow.RocksDb keeps them on disk.</summary>
    /// <value><see langword="null"/>: all stores stay in memory and are restored from their changelogs at each start.</value>
    public IStoreBackendFactory? StoreBackend { get; init; }

    /// <summary>The clock.</summary>
    /// <value>The system's clock.</value>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where log messages go.</summary>
    /// <value>Nowhere.</value>
    public ILoggerFactory Logging { get; init; } = NullLoggerFactory.Instance;
}
