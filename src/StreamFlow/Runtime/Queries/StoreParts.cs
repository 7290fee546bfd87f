using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// All that is here of a store, looked up anew for each read: tasks come and go. What a read does not find because it is
/// elsewhere, is being restored or is too old, it does not pass over in silence.
/// </summary>
/// <typeparam name="TStore">How the store is read.</typeparam>
internal sealed class StoreParts<TStore>
    where TStore : class
{
    private readonly QueryHost _host;
    private readonly StoreQueryOptions _options;

    public StoreParts(QueryHost host, string name, StoreQueryOptions options)
    {
        (_host, Name, _options) = (host, name, options);
        host.Find(name);
    }

    public string Name { get; }

    public long ApproximateCount => Views(out _).Sum(view => view.ApproximateCount);

    /// <summary>Asks for one thing of a key: first where the key should lie.</summary>
    public (bool Found, T Value) Find<TKey, T>(
        TKey key, Func<TStore, (bool Found, T Value)> look, Detach<(bool Found, T Value)> detach)
    {
        ArgumentNullException.ThrowIfNull(key);
        var parts = PartsOf(key, out var notHere);
        foreach (var part in parts)
        {
            if (part.Read(look, detach) is { Found: true } found)
            {
                return found;
            }
        }

        return notHere is null ? default : throw notHere;
    }

    /// <summary>The rows of one key.</summary>
    public IEnumerable<T> RowsOf<TKey, T>(TKey key, Func<TStore, IEnumerable<T>> read, Detach<T> detach)
    {
        ArgumentNullException.ThrowIfNull(key);
        var (parts, any) = (PartsOf(key, out var notHere), false);
        foreach (var row in parts.SelectMany(part => part.Rows(read, detach)))
        {
            any = true;
            yield return row;
        }

        if (!any && notHere is not null)
        {
            throw notHere;
        }
    }

    /// <summary>The rows of all that is here, one partition after the other.</summary>
    public IEnumerable<T> Rows<T>(bool reverse, Func<TStore, IEnumerable<T>> read, Detach<T> detach)
    {
        var views = Views(out var subTopology);
        if (views.FirstOrDefault(IsHidden) is { } restoring)
        {
            throw Restoring(restoring);
        }

        var missing = Enumerable.Range(0, _host.CountOf(subTopology)).Except(views.Select(view => view.TaskId.Partition)).ToList();
        if (_options is { RequiresAllPartitions: true, Partition: null } && missing.Count > 0)
        {
            throw NotHere(missing);
        }

        var parts = views.Select(Part).ToList();
        foreach (var part in reverse ? parts.AsEnumerable().Reverse() : parts)
        {
            foreach (var row in part.Rows(read, detach))
            {
                yield return row;
            }
        }
    }

    /// <summary>What is complete of what is here.</summary>
    public IReadOnlyList<TStore> Views() => [.. Views(out _).Where(view => view.IsComplete).Select(view => (TStore)(object)view)];

    /// <param name="key">The key.</param>
    /// <param name="notHere">What to say when the key is not found: null where it is missing for sure.</param>
    private List<StorePart<TStore>> PartsOf<TKey>(TKey key, out StoreQueryException? notHere)
    {
        var views = Views(out var subTopology);
        var place = _options.ChecksPlaceOfKeys && _options.Partition is null && !_host.IsGlobal(subTopology)
            ? KeyPlaces.Of(key, (views[0].RecordKeys as ISerde<TKey>), subTopology, _host.CountOf(subTopology))
            : null;
        if (views.FirstOrDefault(view => IsHidden(view) && view.TaskId.Partition == (place ?? view.TaskId.Partition)) is { } restoring)
        {
            throw Restoring(restoring);
        }

        notHere = place is { } partition && !views.Any(view => view.TaskId.Partition == partition) ? NotHere([partition]) : null;
        return [.. views.Where(view => !IsHidden(view)).OrderBy(view => view.TaskId.Partition != place).Select(Part)];
    }

    private IReadOnlyList<StoreView> Views(out SubTopology subTopology)
    {
        subTopology = _host.Find(Name);
        var views = _host.Views(Name);
        if (_options.Partition is { } only && !_host.IsGlobal(subTopology))
        {
            var count = _host.CountOf(subTopology);
            if (only >= count)
            {
                throw StoreQueryOptions.Refuse(
                    nameof(StoreQueryOptions.Partition), only, $"Store '{Name}' has partitions 0 to {count - 1}.");
            }

            views = [.. views.Where(view => view.TaskId.Partition == only)];
        }

        if (views.Count == 0)
        {
            throw NotHere(_options.Partition is { } asked ? [asked] : [.. Enumerable.Range(0, _host.CountOf(subTopology))]);
        }

        return views.FirstOrDefault(view => view is not TStore) is { } other ? throw WrongKind(other) : views;
    }

    private bool IsHidden(StoreView view) => !view.IsComplete && !_options.AllowsRestoring;

    private StorePart<TStore> Part(StoreView view)
    {
        foreach (var wanted in _options.AtLeast.Where(position => position.Partition.Partition == view.TaskId.Partition))
        {
            foreach (var input in view.Position.Inputs.Where(input => input.Partition == wanted.Partition && input.Offset <= wanted.Offset))
            {
                throw new StoreQueryException(
                    StoreQueryFailure.Behind,
                    $"Store '{Name}' of task {view.TaskId} is complete up to {new RecordPosition(input.Partition, input.Offset)}, and the record at "
                    + $"{wanted.Offset} was to be in it. Ask again after the next commit (CommitInterval).");
            }
        }

        var live = _options.Isolation == ReadIsolation.Uncommitted && view.IsComplete ? view.Live as LiveStore : null;
        if (live is not null && _host.IsOnThread)
        {
            throw new InvalidOperationException(
                $"Store '{Name}' was to be read with what is not committed on a thread of application '{_host.ApplicationId}', which would "
                + "have to answer at the same time. Read what is committed there, or connect the store to the processor.");
        }

        return new StorePart<TStore>(view, live?.Store is TStore ? live : null, _options.Timeout);
    }

    private StoreQueryException Restoring(StoreView view) => new(
        StoreQueryFailure.Restoring,
        $"Store '{Name}' of task {view.TaskId} is being restored from its changelog. Ask again when the application is in state Running, or set "
        + "AllowsRestoring to read it as far as it is.");

    private StoreQueryException NotHere(List<int> partitions) => new(
        StoreQueryFailure.NotHere,
        $"Of store '{Name}' {(partitions.Count == 1 ? "partition" : "partitions")} "
        + string.Join(", ", partitions.Take(10).Select(p => p.ToString(CultureInfo.InvariantCulture)))
        + (partitions.Count > 10 ? " and more" : string.Empty)
        + $" of {_host.CountOf(_host.Find(Name))} are not in this instance of '{_host.ApplicationId}': they are with another one, on their way, "
        + "or the store is of a kind that cannot be read from outside. MembersAsync says who has them; ask there, or again in a moment.");

    private StoreQueryException WrongKind(StoreView view) => new(
        StoreQueryFailure.WrongKind,
        $"Store '{Name}' was asked for as {typeof(TStore)}, and is {view.Kind}. Use the method of that kind, with the same types.");
}
