namespace StreamFlow.Dashboard;

/// <summary>Answers about rows of stores.</summary>
internal static class StoreAnswers
{
    public static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        new("query", "What is asked: key, range, prefix, window, session, asOf or all; the list of stores has what each answers."),
        new("key", "The key, as text: by the type of the keys, or as JSON."),
        new("from", "First key of a range; left out: the lowest."),
        new("to", "Last key of a range; left out: the highest."),
        new("prefix", "What keys begin with."),
        new("timeFrom", "Earliest start of windows, earliest end of sessions: ISO 8601, or milliseconds since 1970."),
        new("timeTo", "Latest start of windows and sessions."),
        new("at", "As of when a versioned row is wanted."),
        new("reverse", "Whether the last rows come first.", "boolean"),
        new("limit", "How many rows at most, 1 to 500; 50.", "integer"),
        new("page", "What nextPage was."),
    ];

    public static RowsModel Rows(ApiCall call) => RowsView.Of(
        call.View,
        call.Segment("name"),
        new RowsQuery
        {
            Query = call.Text("query") ?? "all",
            Key = call.Text("key"),
            From = call.Text("from"),
            To = call.Text("to"),
            Prefix = call.Text("prefix"),
            TimeFrom = call.Time("timeFrom"),
            TimeTo = call.Time("timeTo"),
            At = call.Time("at"),
            Reverse = call.Flag("reverse"),
            Aborted = call.Aborted,
        },
        call.Limit,
        call.Text("page"));
}
