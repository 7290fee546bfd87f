using System.Diagnostics.CodeAnalysis;
using StreamFlow.Runtime;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

/// <summary>
/// The stores of a running application, to be read from any thread. What a method returns
/// is a handle that can be kept: each read looks anew which tasks are here. Reads of a key ask the partition of the key; reads of
/// several keys go over all partitions that are here, one after the other, each in its own order and as of the moment when it is
/// reached. Serdes are used by the readers' threads, too.
/// </summary>
/// <example><code>
/// var counts = application.Stores.KeyValue&lt;string, long&gt;("counts");
/// if (counts.TryGet("alice", out var count)) { ... }
/// </code></example>
public sealed class StoreQueries
{
    private readonly QueryHost _host;

    internal StoreQueries(QueryHost host) => _host = host;

    /// <summary>Names of all stores of the topology, internal ones included.</summary>
    public IReadOnlyList<string> Names => _host.Names;

    /// <summary>A key-value store: that of a table or an aggregation, with or without timestamps, or a global one.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="options">How it is read.</param>
    /// <returns>The store; its reads throw <see cref="StoreQueryException"/> where they cannot be answered.</returns>
    /// <exception cref="StoreQueryException">The topology has no store of that name.</exception>
    public IReadOnlyKeyValueStore<TKey, TValue> KeyValue<TKey, TValue>(string name, StoreQueryOptions? options = null) =>
        new KeyValueReader<TKey, TValue>(Parts<IReadOnlyKeyValueStore<TKey, TValue>>(name, options));

    /// <summary>A window store, of tumbling, hopping or sliding windows.</summary>
    /// <inheritdoc cref="KeyValue{TKey, TValue}(string, StoreQueryOptions)"/>
    public IReadOnlyWindowStore<TKey, TValue> Window<TKey, TValue>(string name, StoreQueryOptions? options = null) =>
        new WindowReader<TKey, TValue>(Parts<IReadOnlyWindowStore<TKey, TValue>>(name, options));

    /// <summary>A session store.</summary>
    /// <inheritdoc cref="KeyValue{TKey, TValue}(string, StoreQueryOptions)"/>
    public IReadOnlySessionStore<TKey, TValue> Session<TKey, TValue>(string name, StoreQueryOptions? options = null) =>
        new SessionReader<TKey, TValue>(Parts<IReadOnlySessionStore<TKey, TValue>>(name, options));

    /// <summary>A versioned store.</summary>
    /// <inheritdoc cref="KeyValue{TKey, TValue}(string, StoreQueryOptions)"/>
    public IReadOnlyVersionedKeyValueStore<TKey, TValue> Versioned<TKey, TValue>(string name, StoreQueryOptions? options = null) =>
        new VersionedReader<TKey, TValue>(Parts<IReadOnlyVersionedKeyValueStore<TKey, TValue>>(name, options));

    /// <summary>A list store.</summary>
    /// <inheritdoc cref="KeyValue{TKey, TValue}(string, StoreQueryOptions)"/>
    public IReadOnlyListStore<TKey, TValue> List<TKey, TValue>(string name, StoreQueryOptions? options = null) =>
        new ListReader<TKey, TValue>(Parts<IReadOnlyListStore<TKey, TValue>>(name, options));

    /// <summary>What reads stores of your own making, one for each task that runs here: what their <c>View</c> has made.</summary>
    /// <typeparam name="TView">The class of the views.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <returns>The views, by partition. Each throws a <see cref="StateStoreException"/> once its task is closed.</returns>
    /// <exception cref="StoreQueryException">There is no such store, it is of another kind, or the application does not run.</exception>
    [Experimental("SF0001")]
    public IReadOnlyList<TView> Views<TView>(string name)
        where TView : StoreView => Parts<TView>(name, options: null).Views();

    /// <summary>What is here of a store, and up to which positions. A global store has one partition.</summary>
    /// <param name="name">Name of the store.</param>
    /// <returns>Its partitions that are here, those that are being restored included.</returns>
    /// <exception cref="StoreQueryException">There is no such store, or the application does not run.</exception>
    public IReadOnlyList<StorePartition> Partitions(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        _host.Find(name);
        return [.. _host.Views(name).Select(Partition).OfType<StorePartition>()];
    }

    /// <summary>Which task of a store a key belongs to, by Kafka's default partitioner.</summary>
    /// <typeparam name="TKey">Type of the key.</typeparam>
    /// <param name="name">Name of the store.</param>
    /// <param name="key">The key; for window and session stores that of the records.</param>
    /// <param name="keySerde">How the keys look; <see langword="null"/> where a partition of the store is here, which knows it.</param>
    /// <returns>The task, and whether it is here.</returns>
    /// <exception cref="StoreQueryException">There is no such store, or the application does not run, or nothing of the store is here.</exception>
    public KeyPlace PlaceOf<TKey>(string name, TKey key, ISerde<TKey>? keySerde = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(key);
        var subTopology = _host.Find(name);
        var views = _host.Views(name);
        var serde = keySerde ?? views.Select(view => view.RecordKeys as ISerde<TKey>).FirstOrDefault(found => found is not null);
        var partition = _host.IsGlobal(subTopology) ? 0 : KeyPlaces.Of(key, serde, subTopology, _host.CountOf(subTopology));
        return partition is not { } place
            ? throw new StoreQueryException(
                StoreQueryFailure.NotHere,
                $"How keys of type {typeof(TKey)} look in store '{name}' is not known here, as no partition of it with such keys is. Give the keySerde.")
            : new KeyPlace(
                new TaskId(subTopology.Id, place),
                views.Any(view => view.IsComplete && view.TaskId.Partition == place));
    }

    /// <summary>Asks the broker which members of the group have which partitions of a store.</summary>
    /// <param name="name">Name of the store, not a global one, which each instance has for itself.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The members; none while the group balances anew.</returns>
    /// <exception cref="StoreQueryException">There is no such store, or the application does not run.</exception>
    /// <exception cref="KafkaClientException">The broker does not answer.</exception>
    public async Task<IReadOnlyList<StoreMember>> MembersAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var subTopology = _host.Find(name);
        var services = _host.Running(name);
        var topics = services.Topics;
        var leader = topics.LeaderTopics.FirstOrDefault(topic => topics.SubTopologyOf(topic).Id == subTopology.Id);
        if (leader is null || _host.IsGlobal(subTopology))
        {
            return [];
        }

        using var admin = services.Clients.CreateAdmin($"{_host.ApplicationId}-queries");
        var described = await admin.DescribeGroupAsync(_host.ApplicationId, cancellationToken).ConfigureAwait(false);
        return
        [
            .. from member in described.Members
               let partitions = member.Assigned.Where(p => p.Topic == leader).Select(p => p.Partition).Order().ToList()
               where partitions.Count > 0
               orderby partitions[0]
               select new StoreMember(NameOf(member.ClientId), member.Host, partitions),
        ];
    }

    /// <summary>A thread as the log names it: without what its consumer shows the others.</summary>
    private static string NameOf(string clientId) =>
        clientId.LastIndexOf("-consumer-", StringComparison.Ordinal) is > 0 and var end ? clientId[..end] : clientId;

    private static StorePartition? Partition(StoreView view)
    {
        try
        {
            // Positions first: what is counted later is at least as new.
            return new StorePartition(
                view.TaskId,
                !view.IsComplete,
                view.Position.ChangelogOffset,
                [.. view.Position.Inputs.Select(input => new RecordPosition(input.Partition, input.Offset))],
                view.ApproximateCount);
        }
        catch (StateStoreException) when (view.IsClosed)
        {
            return null;
        }
    }

    private StoreParts<TStore> Parts<TStore>(string name, StoreQueryOptions? options)
        where TStore : class
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var given = options ?? new StoreQueryOptions();
        given.Check();
        return new StoreParts<TStore>(_host, name, given);
    }
}
