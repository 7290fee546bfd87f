using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Transactions;

/// <summary>Transactional ids on a compacted partition log, one record per change.</summary>
internal sealed class TransactionJournal(PartitionLog log)
{
    private readonly OrderedLock _lock = new(LockRank.TransactionJournal);
    private readonly RecordBatchBuilder _batch = new();

    /// <summary>The settings of the internal topic. Segments are small: every start reads them all.</summary>
    public static IReadOnlyDictionary<string, string> TopicSettings { get; } = new Dictionary<string, string>
    {
        [TopicConfigs.CleanupPolicyName] = "compact",
        [TopicConfigs.SegmentBytesName] = "8388608",
        [TopicConfigs.MaxMessageBytesName] = "8388608",
    };

    /// <summary>Whether nobody knows what it says: it is damaged.</summary>
    public bool IsOffline => log.IsOffline;

    /// <summary>
    /// Whether its end was lost while the broker ran: an fsync failed, and what could not be read back was cut off.
    /// </summary>
    public bool HasLost => log.HasLost;

    /// <summary>Stores a state; completes when the flush policy is satisfied, or an fsync is done if asked for.</summary>
    public async ValueTask<ErrorCode> WriteAsync(string transactionalId, TransactionSnapshot value, bool flush)
    {
        AppendResult written;
        using (_lock.Enter())
        {
                    using var key = new WireWriter();
            using var fields = new WireWriter();
            TransactionRecords.WriteKey(key, transactionalId);
            TransactionRecords.WriteValue(fields, value);
            _batch.Reset();
            _batch.Add(value.LastUpdateMs, key.Written, fields.Written);
            written = log.Append(_batch.Build(), AppendOrigin.Coordinator);
        }

        return !written.IsSuccess ? written.Error
            : flush ? await log.FlushAsync().ConfigureAwait(false)
            : await log.WaitDurableAsync(written.EndOffset).ConfigureAwait(false);
    }

    /// <summary>Deletes what is stored of an id.</summary>
    public ErrorCode Delete(string transactionalId, long nowMs)
    {
        using (_lock.Enter())
        {
                using var key = new WireWriter();
            TransactionRecords.WriteKey(key, transactionalId);
            _batch.Reset();
            _batch.AddTombstone(nowMs, key.Written);
            return log.Append(_batch.Build(), AppendOrigin.Coordinator).Error;
        }
    }

    /// <summary>The last state of every id.</summary>
    /// <exception cref="InvalidDataException">A record cannot be read, although its batch is intact.</exception>
    public Dictionary<string, TransactionSnapshot> ReadAll()
    {
        var found = new Dictionary<string, TransactionSnapshot>();
        foreach (ReadOnlyMemory<byte> batch in LogScan.Batches(log))
        {
            var reader = new RecordReader(batch.Span);
            while (reader.MoveNext())
            {
                Apply(found, reader.Key.ToArray(), reader.HasValue ? reader.Value.ToArray() : null, reader.Offset);
            }

            if (reader.IsCorrupt)
            {
                throw new InvalidDataException($"The log in '{log.LogDirectory}' holds a malformed batch.");
            }
        }

        return found;
    }

    private static void Apply(
        Dictionary<string, TransactionSnapshot> found, byte[] key, byte[]? value, long offset)
    {
        try
        {
            string transactionalId = TransactionRecords.ReadKey(key);
            if (value is null)
            {
                found.Remove(transactionalId);
            }
            else
            {
                found[transactionalId] = TransactionRecords.ReadValue(value);
            }
        }
        catch (Exception e) when (e is ProtocolException or InvalidDataException)
        {
            throw new InvalidDataException($"The transaction record at offset {offset} cannot be read: {e.Message}", e);
        }
    }
}
