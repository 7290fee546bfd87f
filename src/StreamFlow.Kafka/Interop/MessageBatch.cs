using System.Runtime.InteropServices;
using StreamFlow.Clients;

namespace StreamFlow.Kafka.Interop;

/// <summary>What a fill of a batch ended with, besides records.</summary>
/// <param name="EndOffset">Offset of the partition's end when it was reached last, or -1.</param>
/// <param name="Error">The first error met.</param>
/// <param name="IsFull">Whether the queue may have more.</param>
/// <param name="GoesBack">Whether a record comes that is not new.</param>
internal readonly record struct FillResult(long EndOffset, NativeError Error, bool IsFull, bool GoesBack);

/// <summary>
/// Messages taken from a partition's queue, read in place. A held message keeps the fetch response it came with in
/// memory, and blocks the end of its client: the owner releases the batch before anything that ends or moves the fetch.
/// </summary>
internal sealed unsafe class MessageBatch : RecordBatch, IDisposable
{
    internal const int Capacity = 512;
    private const int SmallestPage = 4096;

    private NativeMessage** _messages =
        (NativeMessage**)NativeMemory.Alloc(Capacity, (nuint)sizeof(NativeMessage*));

    private readonly long[] _timestamps = new long[Capacity];
    private int _count;

    public override int Count => _count;

    /// <summary>Offset of the first record; there must be one.</summary>
    internal long FirstOffset => _messages[0]->Offset;

    /// <summary>Offset of the last record; there must be one.</summary>
    internal long LastOffset => _messages[_count - 1]->Offset;

    public override ByteRecord Read(int index)
    {
        var message = At(index);
        return new ByteRecord
        {
            Key = new ReadOnlySpan<byte>(message->Key, (int)message->KeyLength),
            Value = new ReadOnlySpan<byte>(message->Value, (int)message->ValueLength),
            HasKey = message->Key != null,
            HasValue = message->Value != null,
            Timestamp = Timestamp(index),
            Offset = message->Offset,
        };
    }

    public override long Timestamp(int index) =>
        index < _count ? _timestamps[index] : throw OutOfRange(index);

    public override Headers? ReadHeaders(int index)
    {
        var message = At(index);
        return MayHaveHeaders(message) ? NativeHeaders.Read(message) : null;
    }

    /// <summary>Releases what is held and takes what the queue has, without waiting.</summary>
    /// <param name="queue">The partition's queue.</param>
    /// <param name="next">The offset from which records are new; each is newer than the ones before it.</param>
    /// <returns>What else there was.</returns>
    internal FillResult Fill(QueueHandle queue, long next)
    {
        Release();
        ObjectDisposedException.ThrowIf(_messages == null, this);
        var taken = (int)NativeMethods.rd_kafka_consume_batch_queue(queue.Pointer, 0, _messages, Capacity);
        if (taken < 0)
        {
            return new FillResult(-1, NativeError.Of(NativeMethods.rd_kafka_last_error()), false, false);
        }

        var end = -1L;
        var error = NativeError.None;
        var goesBack = false;
        for (var i = 0; i < taken; i++)
        {
            var message = _messages[i];
            if (message->Error == 0)
            {
                end = -1;
                goesBack |= message->Offset < next;
                next = message->Offset + 1;
                Keep(message);
                continue;
            }

            if (message->Error == (int)ErrorCode.PartitionEnd)
            {
                end = message->Offset;
            }
            else if (!error.IsError)
            {
                error = ErrorOf(message);
            }

            NativeMethods.rd_kafka_message_destroy(message);
        }

        return new FillResult(end, error, taken == Capacity, goesBack);
    }

    /// <summary>Gives back the records that are not new.</summary>
    /// <param name="next">The offset from which they are; each is newer than the ones before it.</param>
    /// <returns>How many there were.</returns>
    internal int DropRepeated(long next)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var message = _messages[i];
            if (message->Offset < next)
            {
                NativeMethods.rd_kafka_message_destroy(message);
                continue;
            }

            next = message->Offset + 1;
            _timestamps[kept] = _timestamps[i];
            _messages[kept++] = message;
        }

        var dropped = _count - kept;
        _count = kept;
        return dropped;
    }

    /// <summary>Gives the messages back to librdkafka; spans into them are invalid from now on.</summary>
    internal void Release()
    {
        for (var i = 0; i < _count; i++)
        {
            NativeMethods.rd_kafka_message_destroy(_messages[i]);
        }

        _count = 0;
    }

    internal static NativeError ErrorOf(NativeMessage* message) =>
        new(
            (ErrorCode)message->Error,
            NativeError.Utf8(NativeMethods.rd_kafka_message_errstr(message)) ?? string.Empty,
            IsFatal: message->Error == (int)ErrorCode.Fatal);

    public void Dispose()
    {
        Release();
        NativeMemory.Free(_messages);
        _messages = null;
    }

    /// <summary>
    /// False when a record has no headers. Asking librdkafka sets a parser up, which costs a fifth of what the engine spends on
    /// a record; the answer is in the message: it lies in the fetch response as the broker sent it (record format 2), the
    /// number of headers follows the value, and no headers are a byte of 0. Older formats have no headers, whatever follows
    /// there. That byte may be read unless a page begins with it: otherwise it is on the page of the value's last byte.
    /// </summary>
    private static bool MayHaveHeaders(NativeMessage* message)
    {
        var count = message->Value + message->ValueLength;
        return message->ValueLength == 0 || ((nuint)count & (SmallestPage - 1)) == 0 || *count != 0;
    }

    private void Keep(NativeMessage* message)
    {
        int type;
        _timestamps[_count] = NativeMethods.rd_kafka_message_timestamp(message, &type);
        _messages[_count++] = message;
    }

    private NativeMessage* At(int index) => (uint)index < (uint)_count ? _messages[index] : throw OutOfRange(index);

    private ArgumentOutOfRangeException OutOfRange(int index) =>
        new(nameof(index), index, $"The batch has {_count} records.");
}
