using System.Globalization;
using System.Text;
using StreamFlow.State;

namespace StreamFlow.Testing.Tests.Driver;

/// <summary>Processors that write each record to their store and send all that is in it.</summary>
internal static class StoreProbes
{
    public static readonly long[] VersionsAskedFor = [100, 104, 108, 121, 140, 160, 180, 210, 300, 1000];

    private static string Text(ValueAndTimestamp<string> value) =>
        string.Create(CultureInfo.InvariantCulture, $"{value.Value}@{value.Timestamp}");

    internal sealed class KeyValue : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
            var store = Context.GetStateStore<IKeyValueStore<string, string>>("store");
            if (!store.PutIfAbsent(record.Key, record.Value, record.Timestamp))
            {
                store.Delete(record.Key, record.Timestamp);
            }

            Context.Forward(record.WithValue(string.Join(' ', store.All().Select(row => row.Key + "=" + Text(row.Value)))));
        }
    }

    internal sealed class WithHeaders : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
            var store = Context.GetStateStore<IKeyValueStoreWithHeaders<string, string>>("store");
            store.Put(record.Key, record.Value, record.Timestamp, Headers.Empty.With("h", record.Value));
            Context.Forward(record.WithValue(string.Join(' ', store.AllWithHeaders().Select(
                row => $"{row.Key}={row.Value.Value}/{Encoding.UTF8.GetString(row.Value.Headers![0].Value!)}"))));
        }
    }

    internal sealed class Window : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
            var store = Context.GetStateStore<IWindowStore<string, string>>("store");
            store.Put(record.Key, record.Timestamp / 10 * 10, record.Value, record.Timestamp);
            Context.Forward(record.WithValue(string.Join(' ', store.All().Select(
                row => $"{row.Key.Key}@{row.Key.Window.Start}={Text(row.Value)}"))));
        }
    }

    internal sealed class Session : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
            var store = Context.GetStateStore<ISessionStore<string, string>>("store");
            store.Put(new Windowed<string>(record.Key, new StreamFlow.Window(record.Timestamp - 2, record.Timestamp)), record.Value);
            Context.Forward(record.WithValue(string.Join(' ', store.All().Select(
                row => $"{row.Key.Key}@{row.Key.Window.Start}-{row.Key.Window.End}={row.Value}"))));
        }
    }

    internal sealed class Versioned : ContextualProcessor<string, string, string, string>
    {
        public override void Process(Record<string, string> record)
        {
            var store = Context.GetStateStore<IVersionedKeyValueStore<string, string>>("store");
            store.Put(record.Key, record.Value, record.Timestamp);
            Context.Forward(record.WithValue(string.Join(' ', VersionsAskedFor.Select(
                time => store.TryGet(record.Key, time, out var found) ? Text(found) : "-"))));
        }
    }

    /// <summary>By the wall clock: by stream time it would be called with the first record of each life.</summary>
    internal sealed class Punctuated : ContextualProcessor<string, string, string, string>
    {
        public override void Init(ProcessorContext<string, string> context)
        {
            base.Init(context);
            context.Schedule(TimeSpan.FromMilliseconds(10), PunctuationType.WallClockTime, Tell);
        }

        public override void Process(Record<string, string> record) =>
            Context.GetStateStore<IKeyValueStore<string, string>>("store").Put(record.Key, record.Value, record.Timestamp);

        private void Tell(long now)
        {
            foreach (var (key, row) in Context.GetStateStore<IKeyValueStore<string, string>>("store").All().ToList())
            {
                Context.Forward(new Record<string, string>(key, Text(row), now));
            }
        }
    }
}
