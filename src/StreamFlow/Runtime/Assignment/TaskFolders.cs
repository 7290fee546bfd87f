using StreamFlow.Planning;

namespace StreamFlow.Runtime;

/// <summary>
/// Sees to it that the stores of a task are opened over data that are theirs: of the same kind and form, and of the same
/// topics. A folder without a description, as earlier versions left it, is taken for what it is taken for now, and described.
/// </summary>
internal sealed class TaskFolders(ThreadServices services)
{
    private readonly StoreTopics _topics = new(services);

    /// <summary>Empties the folder of a task whose data do not fit but can be made anew, and describes what will be in it.</summary>
    /// <param name="task">The task, which holds the folder; its topics are known.</param>
    /// <param name="directory">Where its folder is.</param>
    /// <exception cref="StateStoreException">A store is something else now, or the description cannot be written.</exception>
    public void Claim(StreamTask task, StateDirectory directory)
    {
        var stores = task.SubTopology.Stores.Where(s => s is { IsPersistent: true, Shape: not null }).ToList();
        var known = directory.LabelsOf(task.Id);
        if (!Fit(task, stores, known, directory))
        {
            directory.Wipe(task.Id);
            known = StoreLabels.None;
        }

        Describe(task, stores, known, directory);
    }

    private bool Fit(
        StreamTask task, List<StoreDefinition> stores, IReadOnlyDictionary<string, StoreLabel> known, StateDirectory directory)
    {
        // First whose they are: what is of other topics goes whatever it is.
        if (stores.Find(s => IsForeign(task, s, known)) is { } foreign)
        {
            RuntimeLog.StateOfOtherTopics(
                services.Logger, task.Id, foreign.Name, _topics.Text(task, foreign), known[foreign.Name].TopicId!,
                _topics.IdOf(task, foreign)!);
            return false;
        }

        var outdated = StoreCheck.Folder(
            known, stores, services.Options.ApplicationId, $"the state directory '{directory.PathOf(task.Id)}'",
            remark => RuntimeLog.StoreChanged(services.Logger, task.Id, remark));
        if (outdated.Count > 0)
        {
            RuntimeLog.StateOutdated(services.Logger, task.Id, string.Join("; ", outdated));
        }

        return outdated.Count == 0;
    }

    private bool IsForeign(StreamTask task, StoreDefinition store, IReadOnlyDictionary<string, StoreLabel> known) =>
        known.TryGetValue(store.Name, out var label) && label.IsOfOtherTopics(_topics.IdOf(task, store));

    /// <summary>What is known of stores that the topology has no more is kept: the data may be used again.</summary>
    private void Describe(
        StreamTask task, List<StoreDefinition> stores, IReadOnlyDictionary<string, StoreLabel> known, StateDirectory directory)
    {
        var labels = new Dictionary<string, StoreLabel>(known, StringComparer.Ordinal);
        foreach (var store in stores)
        {
            labels[store.Name] = new StoreLabel(
                _topics.IdOf(task, store) ?? known.GetValueOrDefault(store.Name)?.TopicId, store.Shape!);
        }

        if (labels.Count != known.Count || labels.Any(l => known.GetValueOrDefault(l.Key) != l.Value))
        {
            directory.SetLabels(task.Id, labels);
        }
    }
}
