using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>Hands the updates of a store on when it is flushed.</summary>
internal sealed class ChangeForwarder<TKey, TValue>(Processor<TKey, Change<TValue>> next) : FlushListener<TKey, TValue>
{
    public override void Flushed(in TKey key, in Change<TValue> change, long timestamp, Headers? headers) =>
        next.Process(new Record<TKey, Change<TValue>>(key, change, timestamp, headers));
}
