using System.Runtime.InteropServices;
using StreamFlow.Clients;

namespace StreamFlow.Kafka.Interop;

/// <summary>librdkafka's producer calls with managed arguments; no policy here.</summary>
internal sealed unsafe class NativeProducer : IDisposable
{
    private const int ArgumentCount = 8;
    private const int ReportCapacity = 1024;

    private readonly ClientHandle _client;
    private readonly QueueHandle _queue;
    private readonly NativeArgument* _arguments;
    private readonly NativeMessage** _reports;

    /// <summary>What an empty key or value points to: a null pointer would mean that there is none.</summary>
    private readonly byte* _empty;

    internal NativeProducer(IEnumerable<KeyValuePair<string, string>> settings, ClientCallbacks callbacks)
    {
        _client = ClientHandle.CreateProducer(settings, callbacks);
        _queue = new QueueHandle(NativeMethods.rd_kafka_queue_get_main(_client.Pointer));
        _arguments = (NativeArgument*)NativeMemory.AllocZeroed(ArgumentCount, (nuint)sizeof(NativeArgument));
        _reports = (NativeMessage**)NativeMemory.Alloc(ReportCapacity, (nuint)sizeof(NativeMessage*));
        _empty = (byte*)NativeMemory.AllocZeroed(1);
        _arguments[0].Kind = ArgumentKind.Topic;
        _arguments[1].Kind = ArgumentKind.Partition;
        _arguments[2].Kind = ArgumentKind.Key;
        _arguments[3].Kind = ArgumentKind.Value;
        _arguments[4].Kind = ArgumentKind.Timestamp;
        _arguments[5].Kind = ArgumentKind.Flags;
        _arguments[5].Int32 = NativeMethods.CopyFlag;
        _arguments[6].Kind = ArgumentKind.Opaque;
        _arguments[7].Kind = ArgumentKind.Headers;
    }

    /// <summary>Records that are not acknowledged, or whose report was not taken yet.</summary>
    internal int Outstanding => NativeMethods.rd_kafka_outq_len(_client.Pointer);

    internal NativeError FatalError() => _client.FatalError();

    internal TopicHandle KeepTopic(string name) => _client.KeepTopic(name);

    /// <summary>Asks a broker for a topic's partitions; never creates the topic.</summary>
    internal NativeError PartitionCount(TopicHandle topic, int timeoutMs, out int count)
    {
        NativeMetadata* metadata;
        count = 0;
        var error = NativeError.Of(
            NativeMethods.rd_kafka_metadata(_client.Pointer, 0, topic.Pointer, &metadata, timeoutMs));
        if (error.IsError)
        {
            return error;
        }

        if (metadata->TopicCount == 1)
        {
            error = NativeError.Of(metadata->Topics[0].Error);
            count = metadata->Topics[0].PartitionCount;
        }
        else
        {
            error = NativeError.Of((int)ErrorCode.UnknownTopicOrPartition);
        }

        NativeMethods.rd_kafka_metadata_destroy(metadata);
        return error;
    }

    /// <summary>Asks for the brokers, and returns when the answer is there.</summary>
    internal NativeError AwaitBrokers(int timeoutMs)
    {
        NativeMetadata* metadata;
        var error = NativeError.Of(NativeMethods.rd_kafka_metadata(_client.Pointer, 0, 0, &metadata, timeoutMs));
        if (!error.IsError)
        {
            NativeMethods.rd_kafka_metadata_destroy(metadata);
        }

        return error;
    }

    /// <summary>Hands one record over; librdkafka copies it. The number comes back with its report.</summary>
    internal NativeError Produce(nint topic, int partition, in ByteRecord record, Headers? headers, long number)
    {
        var nativeHeaders = headers is { Count: > 0 } ? NativeHeaders.Create(headers) : 0;
        nint error;
        fixed (byte* key = record.Key)
        fixed (byte* value = record.Value)
        {
            _arguments[0].Pointer = topic;
            _arguments[1].Int32 = partition;
            _arguments[2].Pointer = (nint)(!record.HasKey ? null : key == null ? _empty : key);
            _arguments[2].Length = (nuint)record.Key.Length;
            _arguments[3].Pointer = (nint)(!record.HasValue ? null : value == null ? _empty : value);
            _arguments[3].Length = (nuint)record.Value.Length;
            _arguments[4].Int64 = record.Timestamp;
            _arguments[6].Pointer = (nint)number;
            _arguments[7].Pointer = nativeHeaders;
            error = NativeMethods.rd_kafka_produceva(
                _client.Pointer, _arguments, nativeHeaders == 0 ? ArgumentCount - 1u : ArgumentCount);
        }

        if (error == 0)
        {
            return NativeError.None;
        }

        // Headers belong to librdkafka only when it took the record.
        if (nativeHeaders != 0)
        {
            NativeMethods.rd_kafka_headers_destroy(nativeHeaders);
        }

        return TakeProduceError(error);
    }

    /// <summary>Takes delivery reports.</summary>
    /// <param name="reports">Told of each.</param>
    /// <param name="timeoutMs">How long to wait for the first.</param>
    internal void Poll(IDeliveryReports reports, int timeoutMs)
    {
        var report = NativeMethods.rd_kafka_queue_poll(_queue.Pointer, timeoutMs);
        while (report != 0)
        {
            if (NativeMethods.rd_kafka_event_type(report) == NativeMethods.DeliveryEvent)
            {
                Take(report, reports);
            }

            NativeMethods.rd_kafka_event_destroy(report);
            report = NativeMethods.rd_kafka_queue_poll(_queue.Pointer, 0);
        }
    }

    /// <summary>Makes librdkafka send what it has now instead of waiting for more.</summary>
    internal void Flush(int timeoutMs) => _ = NativeMethods.rd_kafka_flush(_client.Pointer, timeoutMs);

    /// <summary>Gives up everything that is not acknowledged.</summary>
    internal void Purge() => _ = NativeMethods.rd_kafka_purge(
        _client.Pointer, NativeMethods.PurgeQueue | NativeMethods.PurgeInFlight);

    internal NativeError InitTransactions(int timeoutMs) =>
        NativeError.Take(NativeMethods.rd_kafka_init_transactions(_client.Pointer, timeoutMs));

    internal NativeError BeginTransaction() =>
        NativeError.Take(NativeMethods.rd_kafka_begin_transaction(_client.Pointer));

    internal NativeError SendOffsets(IEnumerable<PartitionOffset> offsets, GroupMetadataHandle group, int timeoutMs)
    {
        using var list = PartitionList.Of(offsets, _client);
        return NativeError.Take(NativeMethods.rd_kafka_send_offsets_to_transaction(
            _client.Pointer, list.Pointer, group.Pointer, timeoutMs));
    }

    internal NativeError CommitTransaction(int timeoutMs) =>
        NativeError.Take(NativeMethods.rd_kafka_commit_transaction(_client.Pointer, timeoutMs));

    internal NativeError AbortTransaction(int timeoutMs) =>
        NativeError.Take(NativeMethods.rd_kafka_abort_transaction(_client.Pointer, timeoutMs));

    /// <summary>Ends the client; topics must be released before.</summary>
    public void Dispose()
    {
        if (_client.IsClosed)
        {
            return;
        }

        _queue.Dispose();
        _client.Dispose();
        NativeMemory.Free(_arguments);
        NativeMemory.Free(_reports);
        NativeMemory.Free(_empty);
    }

    /// <summary>A full queue is the normal way of holding back, so its text is not worth an allocation.</summary>
    private static NativeError TakeProduceError(nint error)
    {
        if (NativeMethods.rd_kafka_error_code(error) != (int)ErrorCode.QueueFull)
        {
            return NativeError.Take(error);
        }

        NativeMethods.rd_kafka_error_destroy(error);
        return new NativeError(ErrorCode.QueueFull, "the local queue is full", IsRetriable: true);
    }

    /// <summary>One report is mostly about one batch of one partition, in order; what waits for no batch may be of several.</summary>
    private void Take(nint report, IDeliveryReports reports)
    {
        NativeMessage* last = null;
        var bytes = 0L;
        nuint count;
        while ((count = NativeMethods.rd_kafka_event_message_array(report, _reports, ReportCapacity)) > 0)
        {
            for (nuint i = 0; i < count; i++)
            {
                var message = _reports[i];
                if (last != null && last->Partition != message->Partition)
                {
                    End(last, bytes, reports);
                    bytes = 0;
                }

                last = message;
                bytes += RecordSize.Of(message->KeyLength, message->ValueLength);
                if (message->Error != 0)
                {
                    reports.Failed(NativeError.Of(message->Error), Read(message));
                }
                else if (reports.KeepsDelivered)
                {
                    reports.Kept(Read(message));
                }
            }
        }

        if (last != null)
        {
            End(last, bytes, reports);
        }
    }

    private static void End(NativeMessage* last, long bytes, IDeliveryReports reports) =>
        reports.Ended(last->Topic, last->Partition, last->Error == 0 ? last->Offset : -1, bytes);

    private static ReportedRecord Read(NativeMessage* message)
    {
        // Of a record that has failed librdkafka does not tell the time, though it has it.
        var error = message->Error;
        message->Error = 0;
        int type;
        var timestamp = NativeMethods.rd_kafka_message_timestamp(message, &type);
        message->Error = error;
        return new ReportedRecord(
            message->Topic, message->Partition, message->Private,
            Copy(message->Key, message->KeyLength), Copy(message->Value, message->ValueLength),
            NativeHeaders.Read(message), timestamp);
    }

    private static byte[]? Copy(byte* bytes, nuint length) =>
        bytes == null ? null : new ReadOnlySpan<byte>(bytes, (int)length).ToArray();
}
