using StreamFlow.State;

namespace StreamFlow.Samples.OrderProcessing;

/// <summary>
/// Lets the first record of each key through. Exactly once is a promise about each record of a topic; that an order is in the topic
/// twice, because somebody has replayed it, is nothing the engine could know.
/// </summary>
internal sealed class OncePerKey<TValue> : ContextualFixedKeyProcessor<string, TValue, TValue>
{
    private readonly string _store;
    private IKeyValueStore<string, bool> _seen = null!;

    private OncePerKey(string store) => _store = store;

    /// <param name="stream">The stream.</param>
    /// <param name="store">Name of the store of the keys that have been seen. It keeps them for ever; a shop of many years would let them go.</param>
    public static KStream<string, TValue> Of(KStream<string, TValue> stream, string store) => stream.ProcessValues(
        () => new OncePerKey<TValue>(store),
        new() { Name = $"first-{store}", Stores = [new KeyValueStoreBuilder<string, bool>(store)] });

    public override void Init(FixedKeyProcessorContext<string, TValue> context)
    {
        base.Init(context);
        _seen = context.GetStateStore<IKeyValueStore<string, bool>>(_store);
    }

    public override void Process(FixedKeyRecord<string, TValue> record)
    {
        if (_seen.PutIfAbsent(record.Key, true, record.Timestamp))
        {
            Context.Forward(record);
        }
    }
}
