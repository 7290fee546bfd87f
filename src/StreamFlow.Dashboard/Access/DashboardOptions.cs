namespace StreamFlow.Dashboard;

/// <summary>What the page may show and do, and to whom.</summary>
/// <example><code>app.MapStreamFlow("/streamflow", new DashboardOptions { Policy = "operators", AllowActions = true });</code></example>
public sealed record DashboardOptions
{
    /// <summary>
    /// Name of the authorization policy that a request must meet. <c>RequireAuthorization()</c> on what <c>MapStreamFlow</c> returns
    /// does the same.
    /// </summary>
    /// <value>
    /// Default: <see langword="null"/>, only requests of this machine, sent to it by a name of its own, are answered, and the host does
    /// not start when it listens on an address that others reach.
    /// </value>
    public string? Policy { get; init; }

    /// <summary>Whether dead letters may be sent back to the topics that they came from. Each action is logged.</summary>
    /// <value>Default: <see langword="false"/>, the page only reads.</value>
    public bool AllowActions { get; init; }

    /// <summary>
    /// Whether the last records of sources and sinks are shown: a few of them are read from their topics when somebody asks.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool ShowRecords { get; init; }
}
