using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace StreamFlow.Kafka.Interop;

/// <summary>Answers a rebalance; called on the polling thread, inside librdkafka. Must not throw.</summary>
/// <param name="code">Assign, revoke, or why neither was possible.</param>
/// <param name="partitions">The partitions of the subscribed topics concerned.</param>
internal delegate void RebalanceHandler(ErrorCode code, IReadOnlyList<TopicPartition> partitions);

/// <summary>What a client's native callbacks lead to.</summary>
internal sealed unsafe class ClientCallbacks
{
    private readonly ILogger _logger;
    private readonly ClientLines? _lines;

    /// <param name="clientId">The client's name.</param>
    /// <param name="lines">Takes what librdkafka writes; null where nobody needs it.</param>
    /// <param name="logger">Where the client logs.</param>
    /// <param name="rebalance">Answers rebalances.</param>
    internal ClientCallbacks(
        string clientId, ClientLines? lines, ILogger? logger = null, RebalanceHandler? rebalance = null)
    {
        ClientId = clientId;
        _lines = lines;
        _logger = logger ?? NullLogger.Instance;
        Rebalance = rebalance;
    }

    internal string ClientId { get; }

    private RebalanceHandler? Rebalance { get; }

    /// <summary>The client lives.</summary>
    internal void Opened() => _lines?.Opened();

    /// <summary>The client is gone.</summary>
    internal void Closed() => _lines?.Closed();

    [UnmanagedCallersOnly]
    internal static void OnLog(nint client, int level, byte* facility, byte* text)
    {
        // librdkafka logs without a client while it checks settings that are no client's yet.
        if (client == 0
            || GCHandle.FromIntPtr(NativeMethods.rd_kafka_opaque(client)).Target is not ClientCallbacks target)
        {
            return;
        }

        try
        {
            if (target._lines is { } lines)
            {
                var from = NativeError.Utf8(facility) ?? string.Empty;
                var what = NativeError.Utf8(text) ?? string.Empty;
                lines.Take(target._logger, from == ReportsAskedFor ? LogLevel.Debug : Level(level), target.ClientId, from, what);
            }
        }
#pragma warning disable CA1031 // A logger that throws must not unwind through native frames: that ends the process.
        catch (Exception)
#pragma warning restore CA1031
        {
            target.LoggerFailures++;
        }
    }

    /// <summary>How often the application's logger threw; there is nowhere else to say so.</summary>
    internal int LoggerFailures { get; private set; }

    [UnmanagedCallersOnly]
    internal static void OnRebalance(nint client, int code, NativePartitionList* partitions, nint opaque)
    {
        var target = (ClientCallbacks)GCHandle.FromIntPtr(opaque).Target!;
        target.Rebalance!((ErrorCode)code, PartitionList.Read(partitions));

        // Back to the caller of Poll, who has partitions to serve now, instead of waiting for the rest of the time.
        NativeMethods.rd_kafka_yield(client);
    }

    /// <summary>Records have come to a partition's queue: ends the wait on the consumer's queue.</summary>
    [UnmanagedCallersOnly]
    internal static void OnRecords(nint client, nint consumerQueue) =>
        NativeMethods.rd_kafka_queue_yield(consumerQueue);

    /// <summary>
    /// The facility of the lines about what brokers ask clients to report of themselves (KIP-714): one for each client and
    /// connection, of no use to anybody but who looks for the reports.
    /// </summary>
    private const string ReportsAskedFor = "GETSUBSCRIPTIONS";

    /// <summary>librdkafka's levels are those of syslog.</summary>
    private static LogLevel Level(int level) => level switch
    {
        <= 2 => LogLevel.Critical,
        3 => LogLevel.Error,
        4 => LogLevel.Warning,
        <= 6 => LogLevel.Information,
        _ => LogLevel.Debug,
    };
}
