using System.Globalization;

namespace StreamFlow.Broker.Storage;

/// <summary>
/// The records because of which a batch is refused, each with what is wrong with it, in the words of Apache Kafka: clients
/// show them to their users. Only the first <see cref="MostListed"/> are kept: a megabyte holds 150,000 records.
/// </summary>
internal sealed class RejectedRecords(long earliestMs, long latestMs)
{
    public const int MostListed = 1000;

    private const int ShownInSummary = 3;

    private readonly List<(int Index, long Offset, long? Timestamp)> _records = [];

    /// <summary>How many there are, listed or not.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a timestamp is among the reasons; it then is the error of the whole batch.</summary>
    public bool HasInvalidTimestamp { get; private set; }

    /// <summary>Indexes in the batch, in order.</summary>
    public IEnumerable<int> Indexes => _records.Select(static x => x.Index);

    public ErrorCode Error => HasInvalidTimestamp ? ErrorCode.InvalidTimestamp : ErrorCode.InvalidRecord;

    public void AddKeyless(int index, long offset) => Add(index, offset, null);

    public void AddTimestamp(int index, long offset, long timestamp)
    {
        HasInvalidTimestamp = true;
        Add(index, offset, timestamp);
    }

    /// <summary>What is wrong with the record at a place of the list.</summary>
    public string MessageAt(int position, string partition)
    {
        var (_, offset, timestamp) = _records[position];
        return timestamp is null
            ? $"Compacted topic cannot accept message without key in topic partition {partition}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Timestamp {timestamp} of message with offset {offset} is out of range. "
                + $"The timestamp should be within [{earliestMs}, {latestMs}]");
    }

    /// <summary>What is wrong with the batch.</summary>
    public string Summary(string partition)
    {
        if (HasInvalidTimestamp)
        {
            return "One or more records have been rejected due to invalid timestamp";
        }

        var shown = Enumerable.Range(0, Math.Min(ShownInSummary, _records.Count))
            .Select(i => $"RecordError(batchIndex={_records[i].Index}, message='{MessageAt(i, partition)}')");
        return $"One or more records have been rejected due to {Count} record errors in total, "
            + $"and only showing the first three errors at most: [{string.Join(", ", shown)}]";
    }

    private void Add(int index, long offset, long? timestamp)
    {
        Count++;
        if (_records.Count < MostListed)
        {
            _records.Add((index, offset, timestamp));
        }
    }
}
