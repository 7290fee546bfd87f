namespace StreamFlow.Dashboard;

/// <summary>All requests of the API.</summary>
internal static class ApiRoutes
{
    public static IReadOnlyList<ApiRoute> All { get; } =
    [
        ApiRoute.Get("applications", "The applications of the host.", call => call.Host.Applications()),
        ApiRoute.Get("applications/{id}", "State, flow, lag, latency and problems of an application.", call => call.Publisher.Look().Overview),
        ApiRoute.Get("applications/{id}/history", "The last five minutes, a point each second.", call => call.View.Collection.History.ToModel()),
        ApiRoute.Get("applications/{id}/topology", "The topology as a graph.", call => TopologyView.Of(call.View.Application.Topology)),
        ApiRoute.Get("applications/{id}/figures", "What is counted at nodes and edges of the graph.", call => call.Publisher.Look().Figures),
        ApiRoute.Get("applications/{id}/tasks", "Instances, threads, tasks and rebalances.", call => call.Publisher.Look().Tasks),
        ApiRoute.Get("applications/{id}/stores", "The stores.", call => call.Publisher.Look().Stores),
        ApiRoute.Get("applications/{id}/stores/{name}/rows", "Rows of a store.", StoreAnswers.Rows) with { Query = StoreAnswers.Parameters },
        ApiRoute.GetAsync("applications/{id}/nodes/{node}/records", "The last records of a source, a sink or a topic.", RecordAnswers.OfNodeAsync),
        ApiRoute.GetAsync("applications/{id}/deadletters", "Dead letters, and how many there are.", LetterAnswers.ListAsync) with
        {
            Query = LetterAnswers.Parameters,
        },
        new("POST", "applications/{id}/deadletters/replays", "Sends dead letters back to where their records came from.")
        {
            Body = typeof(ReplayRequest),
            Answer = typeof(ReplayStartedModel),
            Status = 202,
            Handle = LetterAnswers.ReplayAsync,
        },
        ApiRoute.Get("applications/{id}/deadletters/replays/{replay}", "How far a replay is.", LetterAnswers.Replay),
        ApiRoute.Get("applications/{id}/settings", "Settings in effect and where they come from.", call => SettingsView.Of(call.View)),
        new("GET", "applications/{id}/live", "Events: a snapshot, then what changes each second.")
        {
            ContentType = "text/event-stream",
            Handle = LiveStream.WriteAsync,
        },
        ApiRoute.GetAsync("broker", "Topics, groups and open transactions of the broker.", call => call.Host.First().Broker.ReadAsync(call.Aborted)),
        ApiRoute.GetAsync("broker/topics/{topic}/records", "Records of a topic.", RecordAnswers.OfTopicAsync) with { Query = RecordAnswers.Parameters },
        new("GET", "openapi.json", "This description.") { Handle = OpenApiDocument.WriteAsync },
    ];
}
