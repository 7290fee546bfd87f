using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>The topics that the state of tasks goes by, and what the broker knows them by.</summary>
internal sealed class StoreTopics(ThreadServices services)
{
    /// <summary>The topics that a task reads, writes its changes to, or restores from.</summary>
    public IEnumerable<string> Of(StreamTask task) =>
        InputsOf(task).Concat(task.SubTopology.Stores.Select(Of).OfType<string>());

    /// <summary>The topic that a store is restored from; null when it is not.</summary>
    public string? Of(StoreDefinition store) =>
        store.Source?.Topic
        ?? (store.IsLogged ? InternalTopics.NameOf(services.Options.ApplicationId, store.ChangelogTopic) : null);

    /// <summary>What the data of a store go by, as <see cref="StoreLabel.TopicId"/> has it; null where it is not known.</summary>
    public string? IdOf(StreamTask task, StoreDefinition store)
    {
        if (Of(store) is { } topic)
        {
            return task.TopicIds?.GetValueOrDefault(topic);
        }

        // Without a changelog they are what the task has read so far.
        var inputs = InputsOf(task).Select(t => task.TopicIds?.GetValueOrDefault(t)).OfType<string>().Distinct().ToList();
        return inputs.Count == 0 ? null : string.Join(',', inputs);
    }

    /// <summary>The same as messages print it.</summary>
    public string Text(StreamTask task, StoreDefinition store) =>
        string.Join(", ", (Of(store) is { } topic ? [topic] : InputsOf(task)).Select(name => $"'{name}'"));

    private static IEnumerable<string> InputsOf(StreamTask task) => task.Inputs.Select(input => input.Partition.Topic);
}
