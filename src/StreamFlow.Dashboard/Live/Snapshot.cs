namespace StreamFlow.Dashboard;

/// <summary>What is shown of an application at one moment.</summary>
internal sealed record Snapshot(OverviewModel Overview, FiguresModel Figures, TasksModel Tasks, StoresModel Stores);

/// <summary>The same as bytes of JSON, each part for itself.</summary>
internal sealed record SerializedSnapshot(byte[] Overview, byte[] Figures, byte[] Tasks, byte[] Stores)
{
    public static SerializedSnapshot Of(Snapshot snapshot) => new(
        ApiJson.Bytes(snapshot.Overview), ApiJson.Bytes(snapshot.Figures), ApiJson.Bytes(snapshot.Tasks), ApiJson.Bytes(snapshot.Stores));

    public IEnumerable<(string Name, byte[] Json)> Parts =>
        [("overview", Overview), ("figures", Figures), ("tasks", Tasks), ("stores", Stores)];
}
