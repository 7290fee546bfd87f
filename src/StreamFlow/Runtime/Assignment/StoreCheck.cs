using StreamFlow.Planning;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>Compares what data say of themselves with what the topology would take them for.</summary>
internal static class StoreCheck
{
    /// <summary>What the data of a task's folder are not any more, and can be made again.</summary>
    /// <param name="labels">What is written beside the data.</param>
    /// <param name="stores">The stores that are to be opened over them.</param>
    /// <param name="applicationId">The application's id, for the names of topics.</param>
    /// <param name="place">Where the data are, for messages.</param>
    /// <param name="remark">Told of what may be meant and may be not.</param>
    /// <returns>Why the data have to be filled anew from their topics; empty when they fit.</returns>
    /// <exception cref="StateStoreException">A store is something else now.</exception>
    public static IReadOnlyList<string> Folder(
        IReadOnlyDictionary<string, StoreLabel> labels,
        IEnumerable<StoreDefinition> stores,
        string applicationId,
        string place,
        Action<string>? remark = null)
    {
        var outdated = new List<string>();
        foreach (var store in stores)
        {
            if (ChangeOf(labels, store) is not { } change)
            {
                continue;
            }

            var isRestorable = store.IsLogged || store.Source is not null;
            ThrowIfAny(isRestorable ? change.Conflicts : [.. change.Conflicts, .. change.Local], store, applicationId, place);
            Tell(change, store, place, remark);
            outdated.AddRange(change.Local.Select(what => $"store '{store.Name}': {what}"));
        }

        return outdated;
    }

    /// <summary>The same for what was committed of a changelog: its records are the same whatever the byte store adds.</summary>
    /// <inheritdoc cref="Folder"/>
    public static void Changelog(
        IReadOnlyDictionary<string, StoreLabel> labels,
        StoreDefinition store,
        string applicationId,
        string place,
        Action<string>? remark = null)
    {
        if (ChangeOf(labels, store) is { } change)
        {
            ThrowIfAny(change.Conflicts, store, applicationId, place);
            Tell(change, store, place, remark);
        }
    }

    private static ShapeChange? ChangeOf(IReadOnlyDictionary<string, StoreLabel> labels, StoreDefinition store) =>
        store.Shape is not null && labels.TryGetValue(store.Name, out var label) ? label.Shape.ChangeTo(store.Shape) : null;

    private static void ThrowIfAny(List<string> conflicts, StoreDefinition store, string applicationId, string place)
    {
        if (conflicts.Count == 0)
        {
            return;
        }

        var topic = store.IsLogged
            ? $"delete the topic '{InternalTopics.NameOf(applicationId, store.ChangelogTopic)}' and the state directory of each"
            : "delete the state directory of each";
        throw new StateStoreException(
            $"Store '{store.Name}' {string.Join("; it ", conflicts)}. What {place} holds of it cannot be read as that. Give the "
            + "store another name, and it begins empty beside the old one; or reset it: stop all instances, "
            + $"{topic}, and start again; or go back to what it was.");
    }

    private static void Tell(ShapeChange change, StoreDefinition store, string place, Action<string>? remark) =>
        change.Remarks.ForEach(what => remark?.Invoke($"Store '{store.Name}' in {place} {what}"));
}
