using StreamFlow.Clients;
using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Whether what a thread finds when a task starts is the task's own: local data, committed positions and what was committed
/// beside them belong to topics by the ids that the broker has given these, not by their names. A topic that was made anew,
/// or one of the same name on another cluster, has offsets too, and they mean nothing of what was before.
/// </summary>
/// <param name="services">What the threads share.</param>
/// <param name="threadName">Name of the thread, for messages and its client.</param>
internal sealed class StateIdentity(ThreadServices services, string threadName)
{
    private readonly StoreTopics _topics = new(services);
    private IKafkaAdmin? _admin;

    /// <summary>Asks what topics those of these tasks are; once for each task.</summary>
    /// <returns>False when the broker does not answer at the moment.</returns>
    public bool TryLook(IReadOnlyList<StreamTask> tasks)
    {
        var unknown = tasks.Count == 0 ? [] : tasks.Where(task => task.TopicIds is null).ToList();
        if (unknown.Count == 0)
        {
            return true;
        }

        try
        {
            _admin ??= services.Clients.CreateAdmin($"{threadName}-topics");
            var names = unknown.SelectMany(_topics.Of).Distinct(StringComparer.Ordinal).ToList();
            var found = _admin.DescribeTopicsAsync(names, CancellationToken.None).GetAwaiter().GetResult();
            foreach (var task in unknown)
            {
                task.TopicIds = _topics.Of(task)
                    .Where(name => found.TryGetValue(name, out var topic) && topic.Id.Length > 0)
                    .Distinct(StringComparer.Ordinal)
                    .ToDictionary(name => name, name => found[name].Id, StringComparer.Ordinal);
            }

            return true;
        }
        catch (KafkaClientException exception) when (exception.Kind is KafkaErrorKind.Retriable)
        {
            RuntimeLog.PollFailed(services.Logger, exception, threadName);
            return false;
        }
    }

    /// <summary>
    /// Compares what was committed beside the positions of a task with its stores, and leaves out the positions of topics that
    /// are other ones now.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="committed">The committed positions of its inputs.</param>
    /// <returns>The positions that are those of the topics there are; offset -1 where one is not.</returns>
    /// <exception cref="StateStoreException">A changelog holds something else than its store would read.</exception>
    public IReadOnlyList<PartitionOffset> Checked(StreamTask task, IReadOnlyList<PartitionOffset> committed)
    {
        var result = committed.ToArray();
        for (var i = 0; i < result.Length; i++)
        {
            var note = PositionNote.Read(result[i].Metadata);
            CheckChangelogs(task, note);
            if (note.TopicId is { } id
                && task.TopicIds!.TryGetValue(result[i].Partition.Topic, out var current)
                && id != current)
            {
                RuntimeLog.PositionOfOtherTopic(services.Logger, threadName, result[i].Partition, result[i].Offset, id, current);
                result[i] = result[i] with { Offset = -1, Metadata = null };
            }
        }

        return result;
    }

    /// <summary>What is committed beside the positions of an input while the task runs.</summary>
    public PositionNotes NotesOf(StreamTask task, string topic)
    {
        var id = task.TopicIds?.GetValueOrDefault(topic);
        var stores = task.SubTopology.Stores
            .Where(s => s.IsLogged && s.Shape is not null)
            .Select(s => KeyValuePair.Create(s.Name, new StoreLabel(_topics.IdOf(task, s), s.Shape!)));
        return new PositionNotes(PositionNote.Write(id, []), PositionNote.Write(id, stores));
    }

    /// <summary>Gives the client up.</summary>
    public void Close() => _admin?.Dispose();

    private void CheckChangelogs(StreamTask task, PositionNote note)
    {
        foreach (var store in task.SubTopology.Stores.Where(s => s.IsLogged))
        {
            // Of a changelog that was deleted since, nothing that was said of it is true any more.
            if (note.Stores.TryGetValue(store.Name, out var label) && !label.IsOfOtherTopics(_topics.IdOf(task, store)))
            {
                StoreCheck.Changelog(
                    note.Stores, store, services.Options.ApplicationId, $"the topic '{_topics.Of(store)}'",
                    remark => RuntimeLog.StoreChanged(services.Logger, task.Id, remark));
            }
        }
    }
}
