using System.Buffers;
using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Of a serde that comes with StreamFlow, so that keys are compared as they are.</summary>
internal static class Utf8Serde
{
    public static readonly ISerde<string> Instance = Serdes.String;
}

/// <inheritdoc cref="Utf8Serde"/>
internal static class BigEndianSerde
{
    public static readonly ISerde<long> Instance = Serdes.Int64;
}

internal sealed class BytesSerde : ISerde<byte[]>
{
    public static readonly BytesSerde Instance = new();

    public void Serialize(byte[] value, IBufferWriter<byte> writer) => writer.Write(value);

    public byte[] Deserialize(ReadOnlySpan<byte> data) => data.ToArray();
}

/// <summary>A changelog record as it was appended.</summary>
internal sealed record LoggedRecord(byte[] Key, byte[]? Value, long Timestamp, Headers? Headers)
{
    public override string ToString()
    {
        var value = Value is null ? "null" : Convert.ToHexStringLower(Value);
        return $"key={Convert.ToHexStringLower(Key)} val={value} ts={Timestamp}";
    }
}

internal sealed class ListChangelog : ChangelogWriter
{
    public List<LoggedRecord> Records { get; } = [];

    public override void Append(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue, long timestamp, Headers? headers) =>
        Records.Add(new LoggedRecord(key.ToArray(), hasValue ? value.ToArray() : null, timestamp, headers));
}

/// <summary>Does with one store what a task does: flush, write the batch, commit; or roll back.</summary>
internal sealed class StoreHarness
{
    public const long Unbounded = 1L << 40;
    private readonly Func<StateStore> _create;
    private readonly OriginTracker? _origins;
    private readonly Action<Exception>? _unwritable;
    private readonly Func<bool, IStoreBackend>? _disk;
    private long _loggedBefore;

    /// <param name="create">Makes the store, named s.</param>
    /// <param name="maxCacheBytes">Limit of the cache.</param>
    /// <param name="origins">Where the records at hand are told.</param>
    /// <param name="unwritable">Told of what cannot be written.</param>
    /// <param name="disk">
    /// Opens the bytes of store s, without anything in them if it is told so; null for bytes in memory.
    /// </param>
    public StoreHarness(
        Func<StateStore> create, long maxCacheBytes = Unbounded, OriginTracker? origins = null,
        Action<Exception>? unwritable = null, Func<bool, IStoreBackend>? disk = null)
    {
        (_origins, _unwritable, _disk) = (origins, unwritable, disk);
        _create = create;
        Backend = OpenEmpty();
        Budget = new CacheBudget(maxCacheBytes, Unbounded, minCleanBytes: 0);
        Store = Open();
    }

    public IStoreBackend Backend { get; private set; }

    public CacheBudget Budget { get; }

    public StoreBatch Batch { get; } = new();

    public ListChangelog Changelog { get; } = new();

    public List<string> Dropped { get; } = [];

    public StateStore Store { get; private set; }

    public IByteStore Bytes => Backend.Stores[0];

    /// <summary>Which store a view is of.</summary>
    public StoreIdentity Identity => new("s", new TaskId(0, 1), Bytes);

    /// <summary>How often a key was looked up in the bytes.</summary>
    public int Reads { get; private set; }

    /// <summary>How often the bytes were gone through.</summary>
    public int Scans { get; private set; }

    public void Flush() => Store.Flush();

    public void WriteBatch()
    {
        Batch.Sort();
        Batch.SetChangelogOffset(0, Changelog.Records.Count);
        Backend.Write(Batch);
        Batch.Clear();
        _loggedBefore = Changelog.Records.Count;
    }

    public void Commit()
    {
        Flush();
        WriteBatch();
        Store.Committed();
    }

    public void Rollback()
    {
        Batch.Clear();
        Changelog.Records.RemoveRange((int)_loggedBefore, Changelog.Records.Count - (int)_loggedBefore);
        Store.Rollback();
    }

    /// <summary>Closes the store and opens it again over the same bytes, as after a crash.</summary>
    public void Reopen()
    {
        Rollback();
        Store.Close();
        if (_disk is not null)
        {
            Backend.Dispose();
            Backend = _disk(false);
        }

        Store = Open();
        Store.Restored();
    }

    /// <summary>Loses the bytes and restores them from the changelog.</summary>
    public void Restore(int recordsPerBatch)
    {
        Rollback();
        Store.Close();
        Backend.Dispose();
        Backend = OpenEmpty();
        Store = Open();
        for (var i = 0; i < Changelog.Records.Count; i++)
        {
            var record = Changelog.Records[i];
            Store.Restore(
                new ByteRecord
                {
                    Key = record.Key,
                    HasKey = true,
                    Value = record.Value,
                    HasValue = record.Value is not null,
                    Timestamp = record.Timestamp,
                    Offset = i,
                },
                record.Headers,
                Batch);
            if ((i + 1) % recordsPerBatch == 0)
            {
                WriteRestored(i + 1);
            }
        }

        WriteRestored(Changelog.Records.Count);
        Store.Restored();
    }

    public Dictionary<string, string> Dump()
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        using var iterator = Bytes.Range(default, default);
        while (iterator.MoveNext())
        {
            all.Add(Convert.ToHexStringLower(iterator.Key), Convert.ToHexStringLower(iterator.Value));
        }

        return all;
    }

    private IStoreBackend OpenEmpty() => _disk?.Invoke(true) ?? new InMemoryBackend(["s"]);

    private void WriteRestored(int offset)
    {
        Batch.Sort();
        Batch.SetChangelogOffset(0, offset);
        Backend.Write(Batch);
        Batch.Clear();
    }

    private StateStore Open()
    {
        var store = _create();
        store.Open(new StateStoreContext
        {
            Bytes = new CountedStore(this),
            Index = 0,
            Batch = Batch,
            Changelog = Changelog,
            Budget = Budget,
            Origins = _origins,
            Unwritable = _unwritable,
            Dropped = Dropped.Add,
        });
        return store;
    }

    private sealed class CountedStore(StoreHarness harness) : IByteStore
    {
        private readonly IByteStore _bytes = harness.Bytes;

        public string Name => _bytes.Name;

        public long ApproximateCount => _bytes.ApproximateCount;

        public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> value)
        {
            harness.Reads++;
            return _bytes.TryGet(key, value);
        }

        public ByteIterator Range(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, bool reverse = false)
        {
            harness.Scans++;
            return _bytes.Range(from, to, reverse);
        }
    }
}
