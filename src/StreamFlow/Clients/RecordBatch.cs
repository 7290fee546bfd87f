using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Clients;

/// <summary>
/// Records of one partition, prefetched and not yet copied. The owner reads them by index, in offset order, and asks
/// for the next ones with <see cref="PartitionReader.Next"/>, which ends the life of these.
/// </summary>
[Experimental("SF0001")]
public abstract class RecordBatch
{
    /// <summary>Number of records.</summary>
    public abstract int Count { get; }

    /// <summary>Reads one record without copying it.</summary>
    /// <param name="index">Position in the batch, from 0.</param>
    /// <returns>The record; its spans are valid until the next batch of this partition is asked for.</returns>
    public abstract ByteRecord Read(int index);

    /// <summary>Timestamp of a record, in milliseconds since 1970-01-01T00:00Z; cheaper than reading all of it.</summary>
    /// <param name="index">Position in the batch, from 0.</param>
    /// <returns>The timestamp.</returns>
    public abstract long Timestamp(int index);

    /// <summary>Parses and copies the headers of a record.</summary>
    /// <param name="index">Position in the batch, from 0.</param>
    /// <returns>The headers, or <see langword="null"/> when there are none.</returns>
    public abstract Headers? ReadHeaders(int index);
}

/// <summary>The prefetched records of one assigned partition, read on one thread.</summary>
[Experimental("SF0001")]
public abstract class PartitionReader
{
    /// <summary>The partition.</summary>
    public abstract TopicPartition Partition { get; }

    /// <summary>
    /// Position after the last record handed out or skipped (control records, aborted ones): the offset the next fetch
    /// starts from, once the current batch is used up. -1 while nothing is known.
    /// </summary>
    public abstract long Position { get; }

    /// <summary>
    /// Whether the last fetch found nothing after <see cref="Position"/>: the end of the partition was reached (with
    /// librdkafka, a partition EOF event whose offset becomes the position), and no record has arrived since.
    /// False while nothing is known.
    /// </summary>
    public abstract bool AtEnd { get; }

    /// <summary>
    /// Whether records after <see cref="Position"/> are known to be on the broker, so that they will come soon, or nothing is
    /// known yet. Asked when there are none here.
    /// </summary>
    /// <value>The opposite of <see cref="AtEnd"/>, which a client may know later than this.</value>
    public virtual bool MoreExpected => !AtEnd;

    /// <summary>
    /// Offset behind the last record of the partition that the broker has told of, as of the last answer to a fetch; cheap to get.
    /// </summary>
    /// <value>-1: that is not known.</value>
    public virtual long KnownEnd => -1;

    /// <summary>
    /// Releases the current batch and takes the next one from what was prefetched, without waiting.
    /// </summary>
    /// <returns>The batch, with <see cref="RecordBatch.Count"/> 0 when nothing is there yet.</returns>
    public abstract RecordBatch Next();
}
