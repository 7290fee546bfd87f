using System.Buffers.Binary;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Runtime;

/// <summary>
/// Up to where each partition of a global table's topic is in its store. A store of its own beside that one: both are written
/// in one batch, so that a crash never leaves one without the other.
/// </summary>
internal sealed class GlobalPositions(string name) : StateStore(name)
{
    private static readonly byte[] TopicIdKey = [0xFF];
    private readonly Dictionary<int, long> _positions = [];
    private readonly HashSet<int> _dirty = [];
    private StateStoreContext? _context;
    private bool _isIdDirty;

    /// <summary>What the cluster calls the topic that the rows are of; empty where it was not known.</summary>
    public string TopicId { get; private set; } = string.Empty;

    public override bool IsDirty => _dirty.Count > 0 || _isIdDirty;

    private StateStoreContext Context => _context ?? throw new InvalidOperationException($"Store '{Name}' is not open.");

    /// <summary>Offset of the next record of a partition; null where none was read.</summary>
    public long? Of(int partition) => _positions.TryGetValue(partition, out var offset) ? offset : null;

    public void Set(int partition, long next)
    {
        _positions[partition] = next;
        _dirty.Add(partition);
    }

    public void SetTopicId(string id)
    {
        _isIdDirty |= TopicId != id;
        TopicId = id;
    }

    public override void Open(StateStoreContext context)
    {
        _context = context;
        Load();
    }

    public override void Flush()
    {
        Span<byte> key = stackalloc byte[sizeof(int)];
        Span<byte> value = stackalloc byte[sizeof(long)];
        foreach (var partition in _dirty)
        {
            BinaryPrimitives.WriteInt32BigEndian(key, partition);
            BinaryPrimitives.WriteInt64BigEndian(value, _positions[partition]);
            Context.Batch.Put(Context.Index, key, value);
        }

        if (_isIdDirty)
        {
            Context.Batch.Put(Context.Index, TopicIdKey, Encoding.UTF8.GetBytes(TopicId));
        }

        _dirty.Clear();
        _isIdDirty = false;
    }

    public override void Rollback()
    {
        _positions.Clear();
        _dirty.Clear();
        _isIdDirty = false;
        Load();
    }

    public override void Committed()
    {
        // What was staged is in the byte store; nothing is kept for it.
    }

    public override void Restore(in ByteRecord record, Headers? headers, StoreBatch batch) =>
        throw new InvalidOperationException($"Store '{Name}' has no changelog.");

    private void Load()
    {
        using var stored = Context.Bytes.Range(default, default);
        while (stored.MoveNext())
        {
            if (stored.Key.Length == sizeof(int))
            {
                _positions[BinaryPrimitives.ReadInt32BigEndian(stored.Key)] = BinaryPrimitives.ReadInt64BigEndian(stored.Value);
            }
            else
            {
                TopicId = Encoding.UTF8.GetString(stored.Value);
            }
        }
    }
}
