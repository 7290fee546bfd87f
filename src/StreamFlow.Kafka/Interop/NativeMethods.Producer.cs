using System.Runtime.InteropServices;

namespace StreamFlow.Kafka.Interop;

/// <summary>librdkafka's functions for producers.</summary>
internal static unsafe partial class NativeMethods
{
    [LibraryImport(Library)]
    internal static partial nint rd_kafka_queue_get_main(nint client);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_produceva(nint client, NativeArgument* arguments, nuint count);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_headers_new(nuint capacity);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_header_add(
        nint headers, string name, nint nameSize, byte* value, nint valueSize);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_headers_destroy(nint headers);

    [LibraryImport(Library)]
    internal static partial nuint rd_kafka_event_message_array(
        nint nativeEvent, NativeMessage** messages, nuint count);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_outq_len(nint client);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_flush(nint client, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_purge(nint client, int flags);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_init_transactions(nint client, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_begin_transaction(nint client);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_send_offsets_to_transaction(
        nint client, NativePartitionList* offsets, nint groupMetadata, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_commit_transaction(nint client, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_abort_transaction(nint client, int timeoutMs);
}
