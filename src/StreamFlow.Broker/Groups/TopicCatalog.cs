using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Groups;

/// <summary>The topics of the store, as groups see them.</summary>
internal sealed class TopicCatalog(TopicStore store) : ITopicCatalog
{
    public long Version => store.TopicsVersion;

    public IEnumerable<string> Names => store.Topics.Where(static topic => !topic.IsInternal).Select(static topic => topic.Name);

    public TopicInfo? Find(string name) => ToInfo(store.GetTopic(name));

    public TopicInfo? Find(Guid id) => ToInfo(store.GetTopic(id));

    private static TopicInfo? ToInfo(Topic? topic) =>
        topic is null ? null : new TopicInfo(topic.Name, topic.Id, topic.Partitions.Count);
}
