using StreamFlow.Planning;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>The topic of a global store.</summary>
internal sealed record GlobalSource<TKey, TValue>(string Name, string Topic, Consumed<TKey, TValue> Consumed);

/// <summary>Describes stores that each instance has a full copy of.</summary>
internal static class GlobalStores
{
    public static void Add<TKey, TValue, TKeyOut, TValueOut>(
        TopologyGraph graph, StoreBuilder store, GlobalSource<TKey, TValue> read, string processor,
        ProcessorSupplier<TKey, TValue, TKeyOut, TValueOut> supplier)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentException.ThrowIfNullOrEmpty(read.Topic, "topic");
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        ResourceName.CheckTopic(read.Topic);
        if (read.Consumed.OffsetReset == OffsetReset.Latest || read.Consumed.TimestampExtractor is not null)
        {
            throw new TopologyException(
                $"The global store '{store.Name}' is filled from all of '{read.Topic}', with the records' own times. Leave "
                + "Consumed.OffsetReset and Consumed.TimestampExtractor out.");
        }

        if (graph.FindSource([read.Topic]) is { } other)
        {
            throw new TopologyException(
                $"'{read.Topic}' is read by {other.Name} already, and a topic is read once. Read a copy of the topic.");
        }

        var source = new SourceNode<TKey, TValue>(
            read.Name,
            [read.Topic],
            SourceKind.Global,
            OffsetReset.Earliest,
            new StreamSerdes<TKey, TValue>(
                SerdeSource<TKey>.Of(read.Consumed.KeySerde), SerdeSource<TValue>.Of(read.Consumed.ValueSerde)),
            new SourceTime<TKey, TValue>(null, read.Consumed.OnInvalidTimestamp));
        graph.AddStore(store);
        graph.Stores.MakeGlobal(store);
        graph.Add(source);
        graph.Add(new ProcessorNode<TKey, TValue, TKeyOut, TValueOut>(processor, [source.Output], supplier));
        graph.Stores.Connect(processor, store.Name);
    }
}
