namespace StreamFlow.State;

/// <summary>
/// The views of all stores that are in this application at the moment, by name of the store: one for each task that runs or is
/// about to.
/// Used by all threads.
/// </summary>
internal sealed class StoreViews
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, IReadOnlyList<StoreView>> _views = new(StringComparer.Ordinal);

    /// <summary>The views of a store that are complete, by task; empty when none of its tasks runs here.</summary>
    public IReadOnlyList<StoreView> Of(string storeName)
    {
        var all = All(storeName);
        return all.All(view => view.IsComplete) ? all : [.. all.Where(view => view.IsComplete)];
    }

    /// <summary>The same with those that are being restored.</summary>
    public IReadOnlyList<StoreView> All(string storeName)
    {
        lock (_gate)
        {
            return _views.GetValueOrDefault(storeName, []);
        }
    }

    /// <summary>The task has opened its store: it can be read as far as it is restored.</summary>
    public void Add(StoreView view)
    {
        lock (_gate)
        {
            _views[view.Name] = [.. _views.GetValueOrDefault(view.Name, []).Append(view).OrderBy(v => v.TaskId)];
        }
    }

    /// <summary>The task goes: its store can no longer be read, nor through a view that somebody still has.</summary>
    public void Remove(StoreView view)
    {
        view.Close();
        lock (_gate)
        {
            var left = _views.GetValueOrDefault(view.Name, []).Where(v => v != view).ToList();
            if (left.Count > 0)
            {
                _views[view.Name] = left;
            }
            else
            {
                _views.Remove(view.Name);
            }
        }
    }
}
