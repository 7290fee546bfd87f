using System.Text.RegularExpressions;
using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Server;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// Takes what clients report of themselves (KIP-714). Clients are asked for what <c>client-metrics</c> resources say, which is
/// nothing until there is one. What they send is counted by the meter, and not looked into.
/// </summary>
/// <param name="dynamic">The client-metrics resources.</param>
/// <param name="time">The clock that instances grow old by.</param>
/// <param name="pushed">Told the bytes of every report that was taken.</param>
internal sealed class TelemetryHandler(DynamicConfigs dynamic, TimeProvider time, Action<int> pushed)
{
    /// <summary>The largest report, in bytes as sent: the default of <c>telemetry.max.bytes</c>.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Instances that are known at once; the one that was silent longest goes for a new one, and asks anew.</summary>
    private const int MaxInstances = 10_000;

    private const int DefaultIntervalMs = 300_000;
    private static readonly sbyte[] Codecs = [4, 3, 1, 2];
    private static readonly TimeSpan MatchLimit = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<Guid, Instance> _instances = [];
    private readonly OrderedLock _gate = new(LockRank.Innermost);

    /// <summary>What a client is to report, and under which id.</summary>
    public GetTelemetrySubscriptionsResponse Subscribe(GetTelemetrySubscriptionsRequest request, RequestContext context)
    {
        Guid id = request.ClientInstanceId == Guid.Empty ? Guid.NewGuid() : request.ClientInstanceId;
        (string[] metrics, int interval) = SubscriptionOf(id, context);
        Instance instance = new(IdOf(metrics, interval), time.GetTimestamp(), IsEnding: false);
        using (_gate.Enter())
        {
            if (!_instances.ContainsKey(id) && _instances.Count >= MaxInstances)
            {
                _instances.Remove(_instances.MinBy(static pair => pair.Value.SeenAt).Key);
            }

            _instances[id] = instance;
        }

        return new GetTelemetrySubscriptionsResponse
        {
            ClientInstanceId = id,
            SubscriptionId = instance.Subscription,
            AcceptedCompressionTypes = Codecs,
            PushIntervalMs = interval,
            TelemetryMaxBytes = MaxBytes,
            DeltaTemporality = true,
            RequestedMetrics = metrics,
        };
    }

    /// <summary>Takes a report, if it is one that the client was asked for.</summary>
    public PushTelemetryResponse Push(PushTelemetryRequest request, RequestContext context)
    {
        ErrorCode error = Take(request, context);
        if (error == ErrorCode.None)
        {
            pushed(request.Metrics.Length);
        }

        return new PushTelemetryResponse { ErrorCode = error };
    }

    private static int IdOf(string[] metrics, int interval)
    {
        // Not a secret: it tells whether what a client was asked for is what it would be asked for now.
        uint hash = 2166136261;
        foreach (char letter in string.Join(',', metrics) + '/' + interval)
        {
            hash = (hash ^ letter) * 16777619;
        }

        return (int)hash;
    }

    private ErrorCode Take(PushTelemetryRequest request, RequestContext context)
    {
        if (request.ClientInstanceId == Guid.Empty)
        {
            return ErrorCode.InvalidRequest;
        }

        (string[] metrics, int interval) = SubscriptionOf(request.ClientInstanceId, context);
        using (_gate.Enter())
        {
            if (!_instances.TryGetValue(request.ClientInstanceId, out Instance instance)
                || instance.Subscription != request.SubscriptionId || IdOf(metrics, interval) != request.SubscriptionId)
            {
                return ErrorCode.UnknownSubscriptionId;
            }

            if (instance.IsEnding)
            {
                return ErrorCode.InvalidRequest;
            }

            if (request.CompressionType != 0 && !Codecs.Contains(request.CompressionType))
            {
                return ErrorCode.UnsupportedCompressionType;
            }

            if (request.Metrics.Length > MaxBytes)
            {
                return ErrorCode.TelemetryTooLarge;
            }

            _instances[request.ClientInstanceId] = instance with { SeenAt = time.GetTimestamp(), IsEnding = request.Terminating };
            return ErrorCode.None;
        }
    }

    private (string[] Metrics, int Interval) SubscriptionOf(Guid id, RequestContext context)
    {
        SortedSet<string> metrics = new(StringComparer.Ordinal);
        int interval = DefaultIntervalMs;
        foreach (string name in dynamic.Names(ConfigResourceKind.ClientMetrics))
        {
            IReadOnlyDictionary<string, string> configs = dynamic.Of(new ConfigResource(ConfigResourceKind.ClientMetrics, name));
            if (ConfigChecks.Entries(configs.GetValueOrDefault(ClientMetricsConfigs.Match, string.Empty)).All(entry => Matches(entry, id, context)))
            {
                metrics.UnionWith(ConfigChecks.Entries(configs.GetValueOrDefault(ClientMetricsConfigs.Metrics, string.Empty)));
                interval = Math.Min(interval, configs.TryGetValue(ClientMetricsConfigs.Interval, out string? text)
                    ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
                    : DefaultIntervalMs);
            }
        }

        return metrics.Contains("*") ? (["*"], interval) : ([.. metrics], interval);
    }

    private static bool Matches(string entry, Guid id, RequestContext context)
    {
        string[] parts = entry.Split('=', 2);
        string value = parts[0] switch
        {
            "client_instance_id" => Convert.ToBase64String(id.ToByteArray(bigEndian: true)).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
            "client_id" => context.ClientId,
            "client_software_name" => context.Connection.SoftwareName,
            "client_software_version" => context.Connection.SoftwareVersion,
            "client_source_address" => context.Connection.ClientHost.TrimStart('/'),
            _ => string.Empty,
        };
        return Regex.IsMatch(value, $"^(?:{parts[1]})$", RegexOptions.NonBacktracking, MatchLimit);
    }

    private readonly record struct Instance(int Subscription, long SeenAt, bool IsEnding);
}
