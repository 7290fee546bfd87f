using StreamFlow.Clients;

namespace StreamFlow.Reactive;

/// <summary>Rx operators between two topics.</summary>
public static class StageExtensions
{
    /// <summary>
    /// Runs Rx operators between two topics, without a topology. Records of a partition come in order, on the stage's own thread. A position
    /// is committed only after what was emitted before is acknowledged: with operators that emit for a record while they are given it (<c>Where</c>,
    /// <c>Select</c>, <c>SelectMany</c>, <c>Scan</c>) each record takes effect at least once. What operators keep to themselves (<c>Buffer</c>,
    /// <c>Throttle</c>, <c>Delay</c>, the sum of a <c>Scan</c>) is memory and nothing else: it is lost with the process, and is told of the end at a
    /// <see cref="Stage.DisposeAsync"/> only. State that must last, and exactly-once, are what topologies are for.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys that are read.</typeparam>
    /// <typeparam name="TValue">Type of the values that are read.</typeparam>
    /// <typeparam name="TNewKey">Type of the keys that are written.</typeparam>
    /// <typeparam name="TNewValue">Type of the values that are written.</typeparam>
    /// <param name="clients">The way to Kafka.</param>
    /// <param name="from">The topic that is read, and how; beginning and end of reading are the group's.</param>
    /// <param name="operators">Makes the records that are written of those that are read.</param>
    /// <param name="to">The topic that is written, and how. Nothing may give way: <see cref="SlowObserver.Block"/>.</param>
    /// <param name="options">The group, and when it commits.</param>
    /// <returns>The stage, which runs.</returns>
    /// <exception cref="ArgumentException">An option contradicts the stage's promise; the message says which.</exception>
    public static Stage RunStage<TKey, TValue, TNewKey, TNewValue>(
        this IKafkaClients clients,
        (string Topic, TopicReadOptions<TKey, TValue> Options) from,
        Func<IObservable<Record<TKey, TValue>>, IObservable<Record<TNewKey, TNewValue>>> operators,
        (string Topic, TopicWriteOptions<TNewKey, TNewValue> Options) to,
        StageOptions options)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentNullException.ThrowIfNull(operators);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(from.Topic, nameof(from));
        ArgumentException.ThrowIfNullOrEmpty(to.Topic, nameof(to));
        if (from.Options.Checked() is { Since: not null } or { StopsAtEnd: true })
        {
            throw new ArgumentException("Since and StopsAtEnd are not for a stage: its group knows where it goes on, and it has no end.", nameof(from));
        }

        if (to.Options.Checked().SlowObserver != SlowObserver.Block)
        {
            throw new ArgumentException(
                $"SlowObserver is {to.Options.SlowObserver}, and a stage commits what it has read: nothing may give way. Leave it at Block.", nameof(to));
        }

        var run = new StageRun<TKey, TValue>(clients, from.Topic, from.Options, options.Checked());
        run.Start(records => operators(records).WriteTo(clients, to.Topic, to.Options));
        return new Stage(run.Completion, run.Stop);
    }
}
