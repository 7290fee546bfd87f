using StreamFlow.State;

namespace StreamFlow.Testing;

/// <content>Reading the stores of the topology.</content>
public sealed partial class TopologyTestDriver
{
    /// <summary>The state stores with their kinds and types, in ordinal order of their names.</summary>
    public IReadOnlyList<StateStoreInfo> StateStores =>
    [
        .. _runtime.Parts
            .SelectMany(task => task.SubTopology.Stores.Select(store => task.Context.Store(store.Name)))
            .Select(Info)
            .Distinct()
            .OrderBy(store => store.Name, StringComparer.Ordinal),
    ];

    /// <summary>A key-value store, to be read.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it has other types.</exception>
    public IReadOnlyKeyValueStore<TKey, TValue> GetKeyValueStore<TKey, TValue>(string name, int? partition = null) =>
        Store<IReadOnlyKeyValueStore<TKey, TValue>>(name, partition);

    /// <summary>A window store, to be read.</summary>
    /// <typeparam name="TKey">Type of the record keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it has other types.</exception>
    public IReadOnlyWindowStore<TKey, TValue> GetWindowStore<TKey, TValue>(string name, int? partition = null) =>
        Store<IReadOnlyWindowStore<TKey, TValue>>(name, partition);

    /// <summary>A session store, to be read.</summary>
    /// <typeparam name="TKey">Type of the record keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it has other types.</exception>
    public IReadOnlySessionStore<TKey, TValue> GetSessionStore<TKey, TValue>(string name, int? partition = null) =>
        Store<IReadOnlySessionStore<TKey, TValue>>(name, partition);

    /// <summary>A list store, to be read.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it has other types.</exception>
    public IReadOnlyListStore<TKey, TValue> GetListStore<TKey, TValue>(
        string name, int? partition = null) => Store<IReadOnlyListStore<TKey, TValue>>(name, partition);

    /// <summary>A key-value store that keeps headers, to be read with them.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it has other types, or keeps no headers.</exception>
    public IReadOnlyKeyValueStoreWithHeaders<TKey, TValue> GetKeyValueStoreWithHeaders<TKey, TValue>(
        string name, int? partition = null) => Store<IReadOnlyKeyValueStoreWithHeaders<TKey, TValue>>(name, partition);

    /// <summary>A window store that keeps headers, to be read with them.</summary>
    /// <typeparam name="TKey">Type of the record keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it has other types, or keeps no headers.</exception>
    public IReadOnlyWindowStoreWithHeaders<TKey, TValue> GetWindowStoreWithHeaders<TKey, TValue>(
        string name, int? partition = null) => Store<IReadOnlyWindowStoreWithHeaders<TKey, TValue>>(name, partition);

    /// <summary>A session store that keeps headers, to be read with them.</summary>
    /// <typeparam name="TKey">Type of the record keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it has other types, or keeps no headers.</exception>
    public IReadOnlySessionStoreWithHeaders<TKey, TValue> GetSessionStoreWithHeaders<TKey, TValue>(
        string name, int? partition = null) => Store<IReadOnlySessionStoreWithHeaders<TKey, TValue>>(name, partition);

    /// <summary>A store by its class or one of its interfaces: what reads a store of one's own, whose methods only its class knows.</summary>
    /// <typeparam name="TStore">What it is read by.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="partition">Partition of its task; may be left out when there is only one.</param>
    /// <returns>The store.</returns>
    /// <exception cref="ArgumentException">There is no such store, or it is no <typeparamref name="TStore"/>.</exception>
    public TStore GetStateStore<TStore>(string name, int? partition = null)
        where TStore : class => Store<TStore>(name, partition);

    private TStore Store<TStore>(string name, int? partition)
        where TStore : class
    {
        ThrowIfDisposed();
        var tasks = _runtime.Parts.Where(task => task.SubTopology.Stores.Any(s => s.Name == name)).ToList();
        if (tasks.Count == 0)
        {
            throw new ArgumentException(
                $"There is no state store '{name}'. "
                + (StateStores.Count == 0 ? "The topology has none." : $"There are: {string.Join("; ", StateStores)}."),
                nameof(name));
        }

        var task = partition is { } wanted ? tasks.Find(t => t.Context.TaskId.Partition == wanted)
            : tasks.Count == 1 ? tasks[0]
            : default;
        if (task.Context is null)
        {
            throw new ArgumentException(
                $"State store '{name}' has the partitions {string.Join(", ", tasks.Select(t => t.Context.TaskId.Partition))}; "
                + "say which one to read.", nameof(partition));
        }

        var store = task.Context.Store(name);
        return store as TStore
            ?? throw new ArgumentException(
                $"State store '{name}' has another kind or other types. It is {Info(store)}: read it by {Info(store).Getter}.",
                nameof(name));
    }

    private static StateStoreInfo Info(StateStore store)
    {
        var type = store.GetType();
        var kind = type.IsGenericType ? KindOf(type.GetGenericTypeDefinition()) : StateStoreKind.Custom;
        if (kind == StateStoreKind.Custom)
        {
            return new StateStoreInfo(store.Name, kind, type, type);
        }

        var arguments = type.GetGenericArguments();
        return new StateStoreInfo(store.Name, kind, arguments[0], arguments[1]);
    }

    private static StateStoreKind KindOf(Type store) =>
        store == typeof(WindowStore<,>) || store == typeof(WindowStoreWithHeaders<,>) ? StateStoreKind.Window
        : store == typeof(SessionStore<,>) || store == typeof(SessionStoreWithHeaders<,>) ? StateStoreKind.Session
        : store == typeof(ListStore<,>) ? StateStoreKind.List
        : store.Assembly == typeof(StateStore).Assembly ? StateStoreKind.KeyValue
        : StateStoreKind.Custom;
}
