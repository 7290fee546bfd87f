using System.Runtime.InteropServices;

namespace StreamFlow.Kafka.Interop;

/// <summary>librdkafka's functions for consumers.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial void rd_kafka_conf_set_rebalance_cb(
        nint conf, delegate* unmanaged<nint, int, NativePartitionList*, nint, void> callback);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_poll_set_consumer(nint client);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_queue_get_consumer(nint client);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint rd_kafka_queue_get_partition(nint client, string topic, int partition);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_queue_forward(nint source, nint destination);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_queue_cb_event_enable(
        nint queue, delegate* unmanaged<nint, nint, void> callback, nint opaque);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_queue_yield(nint queue);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_queue_poll_callback(nint queue, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_yield(nint client);

    [LibraryImport(Library)]
    internal static partial NativeMessage* rd_kafka_consumer_poll(nint client, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_consume_batch_queue(
        nint queue, int timeoutMs, NativeMessage** messages, nuint count);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_message_destroy(NativeMessage* message);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_message_errstr(NativeMessage* message);

    [LibraryImport(Library)]
    internal static partial long rd_kafka_message_timestamp(NativeMessage* message, int* type);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_message_headers(NativeMessage* message, nint* headers);

    [LibraryImport(Library)]
    internal static partial nuint rd_kafka_header_cnt(nint headers);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_header_get_all(
        nint headers, nuint index, byte** name, byte** value, nuint* size);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_subscribe(nint client, NativePartitionList* topics);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_unsubscribe(nint client);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_assign(nint client, NativePartitionList* partitions);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_incremental_assign(nint client, NativePartitionList* partitions);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_incremental_unassign(nint client, NativePartitionList* partitions);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_assignment_lost(nint client);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_seek_partitions(nint client, NativePartitionList* partitions, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_commit_queue(
        nint client, NativePartitionList* offsets, nint queue, nint callback, nint opaque);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_committed(nint client, NativePartitionList* partitions, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_offsets_for_times(nint client, NativePartitionList* offsets, int timeoutMs);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_query_watermark_offsets(
        nint client, string topic, int partition, long* low, long* high, int timeoutMs);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_get_watermark_offsets(
        nint client, string topic, int partition, long* low, long* high);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_consumer_group_metadata(nint client);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_consumer_group_metadata_generation_id(nint metadata);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_consumer_group_metadata_member_id(nint metadata);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_consumer_group_metadata_destroy(nint metadata);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_consumer_close_queue(nint client, nint queue);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_consumer_closed(nint client);
}
