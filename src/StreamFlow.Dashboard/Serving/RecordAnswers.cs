namespace StreamFlow.Dashboard;

/// <summary>Answers about records of topics.</summary>
internal static class RecordAnswers
{
    private const int LastOfNode = 20;
    private const int TopicsOfNode = 20;

    public static readonly IReadOnlyList<ApiParameter> Parameters =
    [
        new("partition", "The one partition to read; left out: all.", "integer"),
        new("offset", "Where to begin: an offset, or what next was; left out: the last records, newest first."),
        new("at", "From when on: ISO 8601, or milliseconds since 1970."),
        new("limit", "How many records at most, 1 to 500; 50.", "integer"),
        new("contains", "Text that key, value or a header has."),
    ];

    /// <summary>
    /// They are read from the node's topics when they are asked for: nothing is kept for them while records are processed. Operators
    /// and stores have none of their own.
    /// </summary>
    public static async Task<NodeRecordsModel> OfNodeAsync(ApiCall call)
    {
        if (!call.Host.Options.ShowRecords)
        {
            return new NodeRecordsModel(false, []);
        }

        var node = call.Segment("node");
        var nodes = call.View.Application.Topology.SubTopologies.SelectMany(s => s.Nodes).ToList();
        var topics = nodes.Where(n => n.Name == node).SelectMany(n => n.Topics)
            .Concat(nodes.SelectMany(n => n.Topics).Where(t => TopologyView.TopicId(t.Name) == node))
            .Select(t => t.Name).Distinct(StringComparer.Ordinal).Take(TopicsOfNode).ToList();
        var found = topics.Count == 0 ? [] : await call.Application.Browser.LastAsync(topics, LastOfNode, call.Aborted).ConfigureAwait(false);
        return new NodeRecordsModel(
            true,
            [
                .. found.Select(r => new NodeRecordModel(
                    r.At, r.ShownKey, r.ShownValue, r.At, r.Partition.Topic, r.Partition.Partition, r.Offset)),
            ]);
    }

    /// <exception cref="ApiException">Records of a cluster that others use too are not shown without leave.</exception>
    public static async Task<RecordsModel> OfTopicAsync(ApiCall call)
    {
        var application = call.Host.First();
        if (!call.Host.Options.ShowRecords && !application.Broker.IsEmbedded)
        {
            throw ApiException.Forbidden("Records of a cluster are shown only where DashboardOptions.ShowRecords is set.");
        }

        var (records, next) = await application.Browser.ReadAsync(
            new BrowseQuery
            {
                Topic = call.Segment("topic"),
                Partition = call.Int("partition"),
                Offset = call.Text("offset"),
                At = call.Time("at"),
                Limit = call.Limit,
                Contains = call.Text("contains"),
            },
            call.Aborted).ConfigureAwait(false);
        return new RecordsModel([.. records.Select(r => r.ToModel())], next);
    }
}
