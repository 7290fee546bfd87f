using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>The final results of sessions.</summary>
internal sealed class SessionFinals<TKey, TValue>(
    NodeSetup setup, Processor<Windowed<TKey>, Change<TValue>> next, SessionStore<TKey, TValue> store)
    : FinalResults<TKey, TValue>(
        setup, next, store.RecordKeys, new SessionWindowedSerde<TKey>(store.RecordKeys), store.Values)
{
    public override void Load(long closedEnd)
    {
        using var rows = store.ScanOpen(closedEnd + 1);
        while (rows.MoveNext())
        {
            var (key, start, end) = rows.Key;
            Timers.Add(in key, new Window(start, end));
        }
    }

    protected override bool TryRead(in TKey key, Window window, out ValueAndTimestamp<TValue> row)
    {
        ref var entry = ref store.Find(in key, window.Start, window.End);
        row = entry.HasValue ? new ValueAndTimestamp<TValue>(entry.Value, window.End) : default;
        return entry.HasValue;
    }
}
