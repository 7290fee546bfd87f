
namespace StreamFlow.Broker.Storage;

/// <summary>A batch of an idempotent producer that is remembered to recognise its repetition.</summary>
internal readonly record struct ProducedBatch(int FirstSequence, int LastSequence, long FirstOffset, long LastOffset)
{
    public static ProducedBatch None { get; } = new(RecordBatch.NoSequence, RecordBatch.NoSequence, -1, -1);
}

/// <summary>What one partition remembers about one producer id.</summary>
internal sealed class ProducerState(long producerId)
{
    /// <summary>Clients keep up to five requests in flight, so a repetition is one of the last five batches.</summary>
    public const int RememberedBatches = 5;

    private readonly ProducedBatch[] _batches = new ProducedBatch[RememberedBatches];
    private int _newest = -1;

    public long ProducerId { get; } = producerId;

    public short Epoch { get; set; } = RecordBatch.NoProducerEpoch;

    public int CoordinatorEpoch { get; set; } = -1;

    /// <summary>The broker's time of the last write, for expiry.</summary>
    public long LastUpdateMs { get; set; }

    /// <summary>The largest timestamp of its last batch, for DescribeProducers.</summary>
    public long LastTimestamp { get; set; } = RecordBatch.NoTimestamp;

    /// <summary>The first record of its open transaction, or -1.</summary>
    public long OpenTransactionFirstOffset { get; set; } = -1;

    public int BatchCount { get; private set; }

    public int LastSequence => BatchCount == 0 ? RecordBatch.NoSequence : _batches[_newest].LastSequence;

    public long LastDataOffset => BatchCount == 0 ? -1 : _batches[_newest].LastOffset;

    /// <summary>The remembered batches, oldest first; 0 is the oldest.</summary>
    public ProducedBatch Batch(int index) =>
        _batches[(_newest - BatchCount + 1 + index + RememberedBatches) % RememberedBatches];

    public void Remember(in ProducedBatch batch)
    {
        _newest = (_newest + 1) % RememberedBatches;
        _batches[_newest] = batch;
        BatchCount = Math.Min(BatchCount + 1, RememberedBatches);
    }

    public void RaiseEpoch(short epoch)
    {
        Epoch = epoch;
        BatchCount = 0;
    }

    /// <summary>
    /// Whether a client's batch may be appended now. Kafka's rules, except that a batch wholly in the past answers
    /// DUPLICATE_SEQUENCE_NUMBER, which clients take for success, where Kafka answers OUT_OF_ORDER.
    /// </summary>
    public ErrorCode Check(in BatchHeader header, out ProducedBatch duplicate)
    {
        duplicate = ProducedBatch.None;
        if (header.ProducerEpoch < Epoch)
        {
            return ErrorCode.InvalidProducerEpoch;
        }

        if (header.ProducerEpoch > Epoch || BatchCount == 0)
        {
            return header.BaseSequence == 0 || Epoch == RecordBatch.NoProducerEpoch
                ? ErrorCode.None
                : ErrorCode.OutOfOrderSequenceNumber;
        }

        for (var i = 0; i < BatchCount; i++)
        {
            var batch = Batch(i);
            if (batch.FirstSequence == header.BaseSequence && batch.LastSequence == header.LastSequence)
            {
                duplicate = batch;
                return ErrorCode.DuplicateSequenceNumber;
            }
        }

        if (header.BaseSequence == RecordBatch.AddSequence(LastSequence, 1))
        {
            return ErrorCode.None;
        }

        // Distance back from the last sequence on the 2^31 ring; less than half of it is the past.
        var distance = ((long)LastSequence - header.LastSequence) & int.MaxValue;
        return distance < 1L << 30 ? ErrorCode.DuplicateSequenceNumber : ErrorCode.OutOfOrderSequenceNumber;
    }
}
