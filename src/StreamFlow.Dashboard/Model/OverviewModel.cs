namespace StreamFlow.Dashboard;

/// <summary>The applications of the host, and what the page may do.</summary>
internal sealed record ApplicationsModel(
    IReadOnlyList<ApplicationModel> Applications, bool ActionsAllowed, bool RecordsShown, bool HasBroker);

/// <summary>An application in a list.</summary>
internal sealed record ApplicationModel(string Id, string State, string Phase);

/// <summary>What the first screen shows of an application.</summary>
internal sealed record OverviewModel
{
    public required string ApplicationId { get; init; }

    public required string State { get; init; }

    public required string Phase { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    public required double? UptimeSeconds { get; init; }

    public required string Guarantee { get; init; }

    public required string Version { get; init; }

    public required DateTimeOffset Now { get; init; }

    public required FlowModel In { get; init; }

    public required FlowModel Out { get; init; }

    public required long? Lag { get; init; }

    public required LatencyModel? Latency { get; init; }

    public required DroppedModel Dropped { get; init; }

    public required long DeadLettered { get; init; }

    public required double? LastCommitAgeSeconds { get; init; }

    public required IReadOnlyList<ProblemModel> Problems { get; init; }
}

/// <summary>Records that go in or out, of and to the user's own topics.</summary>
internal sealed record FlowModel(double? PerSecond, long Total);

/// <summary>How old results are when they go out.</summary>
internal sealed record LatencyModel(double P50Seconds, double P99Seconds);

/// <summary>Records left out since the start, dead letters among them.</summary>
internal sealed record DroppedModel(long Total, IReadOnlyDictionary<string, long> ByReason);

/// <summary>Something that somebody should know of.</summary>
internal sealed record ProblemModel(string Severity, string Text, string Meaning, string Remedy)
{
    public DateTimeOffset? Since { get; init; }

    public string? Node { get; init; }

    public string? Task { get; init; }
}

/// <summary>The last five minutes, a point each second, the oldest first.</summary>
internal sealed record HistoryModel(
    int IntervalSeconds, DateTimeOffset? End, IReadOnlyList<double?> In, IReadOnlyList<double?> Out, IReadOnlyList<long?> Lag,
    IReadOnlyList<double?> P99Seconds);

/// <summary>One second of the history.</summary>
internal sealed record PointModel(double? In, double? Out, long? Lag, double? P99Seconds);
