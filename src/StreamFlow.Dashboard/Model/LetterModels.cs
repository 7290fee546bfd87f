namespace StreamFlow.Dashboard;

/// <summary>Dead letters of an application.</summary>
internal sealed record LettersModel(
    string? Topic, long Total, IReadOnlyDictionary<string, long> ByReason, IReadOnlyDictionary<string, long> ByOperator,
    IReadOnlyList<LetterCountModel> Timeline, IReadOnlyList<LetterModel> Letters, string? NextPage);

/// <summary>How many letters there are of a stretch of time, which begins at a moment.</summary>
internal sealed record LetterCountModel(DateTimeOffset At, long Count);

/// <summary>A dead letter.</summary>
internal sealed record LetterModel(string Id, DateTimeOffset? At, string Reason, string Operator)
{
    public required LetterExceptionModel? Exception { get; init; }

    public required LetterSourceModel? Source { get; init; }

    public required TextModel Key { get; init; }

    public required TextModel Value { get; init; }

    public required IReadOnlyList<HeaderModel> Headers { get; init; }
}

/// <summary>What has failed.</summary>
internal sealed record LetterExceptionModel(string Type, string? Message);

/// <summary>Where the record of a letter came from.</summary>
internal sealed record LetterSourceModel(string Topic, int Partition, long Offset, DateTimeOffset? Timestamp);

/// <summary>Which letters are to be sent back: those of some ids, or all of a reason and operator.</summary>
internal sealed record ReplayRequest(IReadOnlyList<string>? Ids, string? Reason, string? Operator);

/// <summary>A replay that was begun.</summary>
internal sealed record ReplayStartedModel(string Id);

/// <summary>How far a replay is: letters that arrived, that did not, and of which that is not known.</summary>
internal sealed record ReplayModel(string Id, long Total, long Done, long Failed, long Unknown, bool Finished, string? Error);
