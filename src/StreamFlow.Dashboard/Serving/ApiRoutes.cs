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
        new("GET", "applications/{id}/live", "Events: a snapshot, then what changes each second.")
        {
            ContentType = "text/event-stream",
            Handle = LiveStream.WriteAsync,
        },
        new("GET", "openapi.json", "This description.") { Handle = OpenApiDocument.WriteAsync },
    ];
}
