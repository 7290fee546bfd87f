using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>
/// Describes a join by foreign key: two trips through topics. A row asks the partition of its foreign key, which remembers it, and
/// answers when it asks and whenever the other row changes.
/// </summary>
internal sealed class ForeignKeyJoin<TKey, TValue, TOtherKey, TOther>
{
    private readonly KTable<TKey, TValue> _table;
    private readonly KTable<TOtherKey, TOther> _other;
    private readonly TopologyGraph _graph;
    private readonly ForeignKeyNames _names;
    private readonly ForeignKeySerdes<TKey, TValue, TOtherKey, TOther> _serdes;

    public ForeignKeyJoin(KTable<TKey, TValue> table, KTable<TOtherKey, TOther> other, string? name)
    {
        _table = table;
        _other = other;
        _graph = table.Graph;
        _names = new ForeignKeyNames(_graph, name);
        _serdes = new ForeignKeySerdes<TKey, TValue, TOtherKey, TOther>(table.Keys, table.Values, other.Keys, other.Values);
    }

    public KTable<TKey, TResult> Describe<TResult>(
        Func<TKey, TValue, TOtherKey> foreignKey, ForeignKeyJoiner<TKey, TValue, TOther, TResult> joiner,
        TableJoined<TKey, TOtherKey, TResult> joined)
    {
        var materialized = joined.Materialized ?? new Materialized<TKey, TResult>();
        var storeName = _graph.StoreName(materialized.Name, ForeignKeyNames.ResultPrefix);
        var registered = Registered(foreignKey, joiner.IsLeft, joined.OtherPartitioner);
        var answered = Answered(registered, joined.Partitioner);
        var (keys, values) = (_table.Keys.Or(materialized.KeySerde), SerdeSource<TResult>.Of(materialized.ValueSerde));
        var node = TableSource.Describe(
            _names.Result,
            Resolved(answered, joiner),
            TableStore.Describe(storeName, keys, values, materialized),
            materialized,
            isAsRead: false,
            isShared: true);
        _graph.Add(node);
        return new KTable<TKey, TResult>(_graph, node.Output, keys, values, new StoredRows<TKey, TResult>(storeName))
        {
            QueryableStoreName = materialized.Name,
            History = materialized.History,
        };
    }

    /// <summary>What the rows ask, in the partitions of their foreign keys.</summary>
    private Output<TOtherKey, Subscription<TKey>> Registered(
        Func<TKey, TValue, TOtherKey> foreignKey, bool isLeft, KeyPartitioner<TOtherKey>? partitioner)
    {
        var send = new OperatorNode<TKey, Change<TValue>, TOtherKey, Subscription<TKey>>(
            _names.Send,
            [_table.Output],
            (name, task, next) =>
            {
                var topic = InternalTopics.NameOf(task.ApplicationId, _names.Registration);
                return new SubscriptionSendProcessor<TKey, TValue, TOtherKey>(
                    (name, task), next, foreignKey, _serdes.ForeignKeysOf(topic), _serdes.HasherOf(topic), isLeft);
            })
        {
            ChangesKey = true,
            ChangesValue = true,
            OldValues = OldValueDemand.Always,
            Binding = registry => _serdes.Bind(registry, _names.Send),
        };
        _graph.Add(send);
        return Topic(
            (_names.RegistrationSink, _names.Registration, _names.RegistrationSource),
            [send.Output],
            new StreamSerdes<TOtherKey, Subscription<TKey>>(_serdes.OtherKeys, _serdes.Subscriptions),
            partitioner is null ? null : (topic, record, count) =>
                record.HasKey ? partitioner(topic, record.Key, count) : Partitions.Default);
    }

    /// <summary>The answers, in the partitions of the rows.</summary>
    private Output<TKey, SubscriptionResponse<TOther>> Answered(
        Output<TOtherKey, Subscription<TKey>> registered, KeyPartitioner<TKey>? partitioner)
    {
        var store = new SubscriptionStoreBuilder<TOtherKey, TKey>(_names.Store, _serdes.StoreKeys, _serdes.Subscriptions);
        var receive = new OperatorNode<TOtherKey, Subscription<TKey>, TOtherKey, Subscription<TKey>>(
            _names.Receive,
            [registered],
            (name, task, next) => new SubscriptionReceiveProcessor<TKey, TOtherKey>(name, task, next, store.Name))
        {
            Rows = new RowsDescription(store, OnDemand: false) { AreSafe = true },
        };
        var (answer, tell) = (Answer(receive), Tell(receive));
        _graph.Add(receive);
        _graph.Add(answer);
        _graph.Add(tell);
        return Topic(
            (_names.ResponseSink, _names.Response, _names.ResponseSource),
            [answer.Output, tell.Output],
            new StreamSerdes<TKey, SubscriptionResponse<TOther>>(_serdes.Keys, _serdes.Responses),
            partitioner is null
                ? (_, record, _) => record.Value.Partition is { } partition ? partition : Partitions.Default
                : (topic, record, count) => partitioner(topic, record.Key, count));
    }

    /// <summary>Answers a row that asks.</summary>
    private OperatorNode<TOtherKey, Subscription<TKey>, TKey, SubscriptionResponse<TOther>> Answer(
        OperatorNode<TOtherKey, Subscription<TKey>, TOtherKey, Subscription<TKey>> receive)
    {
        var rows = _other.Rows;
        return new(
            _names.Answer,
            [receive.Output],
            (name, task, next) => new SubscriptionJoinProcessor<TKey, TOtherKey, TOther>(
                name, task, next, rows.Reader(task, skipsFailing: true)))
        {
            ChangesKey = true,
            ChangesValue = true,
            LooksUp = [_other.Node],
            LooksUpTold = true,
            CopartitionedWith = [_other.Node],
        };
    }

    /// <summary>Tells the rows that have asked.</summary>
    private OperatorNode<TOtherKey, Change<TOther>, TKey, SubscriptionResponse<TOther>> Tell(NodeDescription receive) =>
        new(
            _names.Tell,
            [_other.Output],
            (name, task, next) => new ForeignTableProcessor<TKey, TOtherKey, TOther>(
                (name, task), next, _names.Store, StoreKeys(task)))
        {
            ChangesKey = true,
            ChangesValue = true,
            LooksUp = [receive],
            OldValues = OldValueDemand.Always,
        };

    /// <summary>The results.</summary>
    private Output<TKey, TResult> Resolved<TResult>(
        Output<TKey, SubscriptionResponse<TOther>> answered, ForeignKeyJoiner<TKey, TValue, TOther, TResult> joiner)
    {
        var rows = _table.Rows;
        var resolve = new OperatorNode<TKey, SubscriptionResponse<TOther>, TKey, TResult>(
            _names.Resolve,
            [answered],
            (name, task, next) => new ResponseJoinProcessor<TKey, TValue, TOther, TResult>(
                (name, task),
                next,
                rows.Reader(task, skipsFailing: true),
                _serdes.HasherOf(InternalTopics.NameOf(task.ApplicationId, _names.Registration)),
                joiner))
        {
            ChangesValue = true,
            LooksUp = [_table.Node],
            CopartitionedWith = [_table.Node],
        };
        _graph.Add(resolve);
        return resolve.Output;
    }

    /// <summary>Sends records through a topic.</summary>
    private Output<TTopicKey, TTopicValue> Topic<TTopicKey, TTopicValue>(
        (string Sink, string Topic, string Source) names, IReadOnlyList<Output<TTopicKey, TTopicValue>> inputs,
        StreamSerdes<TTopicKey, TTopicValue> serdes, StreamPartitioner<TTopicKey, TTopicValue>? partitioner)
    {
        _graph.Add(new SinkNode<TTopicKey, TTopicValue>(
            names.Sink,
            inputs,
            new SinkTarget(names.Topic, new RepartitionTopic(names.Topic, null)),
            chooser: null,
            serdes,
            partitioner));
        var source = new SourceNode<TTopicKey, TTopicValue>(
            names.Source,
            [names.Topic],
            SourceKind.Repartition,
            OffsetReset.Earliest,
            serdes,
            new SourceTime<TTopicKey, TTopicValue>(null, InvalidTimestampPolicy.Fail));
        _graph.Add(source);
        return source.Output;
    }

    /// <summary>Serde of the subscriptions' keys, as their store uses it.</summary>
    private SubscriptionKeySerde<TOtherKey, TKey> StoreKeys(TaskContext task) =>
        (SubscriptionKeySerde<TOtherKey, TKey>)_serdes.StoreKeys
            .Resolve(_graph.Serdes, $"the keys of store {_names.Store}")
            .ForStore(InternalTopics.NameOf(task.ApplicationId, _names.Store + "-changelog"), isKey: true);
}
