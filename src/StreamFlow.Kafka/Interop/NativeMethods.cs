using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace StreamFlow.Kafka.Interop;

/// <summary>librdkafka's functions for all clients; names and contracts are those of rdkafka.h 2.15.1.</summary>
internal static unsafe partial class NativeMethods
{
    internal const string Library = "librdkafka";
    internal const int ProducerType = 0;
    internal const int ConsumerType = 1;
    internal const int CopyFlag = 2;
    internal const int DeliveryEvent = 0x1;
    internal const int NoConsumerClose = 0x8;
    internal const int PurgeQueue = 0x1;
    internal const int PurgeInFlight = 0x2;

    static NativeMethods() => RdKafkaLibrary.Prepare();

    [LibraryImport(Library)]
    internal static partial int rd_kafka_version();

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_conf_new();

    [LibraryImport(Library)]
    internal static partial void rd_kafka_conf_destroy(nint conf);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_conf_set(
        nint conf, string name, string value, byte* errorText, nuint errorTextSize);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rd_kafka_conf_get(nint conf, string name, byte* value, nuint* size);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_conf_set_opaque(nint conf, nint opaque);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_conf_set_log_cb(
        nint conf, delegate* unmanaged<nint, int, byte*, byte*, void> callback);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_conf_set_events(nint conf, int events);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_opaque(nint client);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_new(int type, nint conf, byte* errorText, nuint errorTextSize);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_destroy_flags(nint client, int flags);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_err2str(int error);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_err2name(int error);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_fatal_error(nint client, byte* errorText, nuint errorTextSize);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_last_error();

    [LibraryImport(Library)]
    internal static partial int rd_kafka_error_code(nint error);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_error_string(nint error);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_error_is_fatal(nint error);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_error_is_retriable(nint error);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_error_txn_requires_abort(nint error);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_error_destroy(nint error);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint rd_kafka_topic_new(nint client, string topic, nint conf);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_topic_destroy(nint topic);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_topic_name(nint topic);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_metadata(
        nint client, int allTopics, nint topic, NativeMetadata** metadata, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_metadata_destroy(NativeMetadata* metadata);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_queue_new(nint client);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_queue_destroy(nint queue);

    [LibraryImport(Library)]
    internal static partial nint rd_kafka_queue_poll(nint queue, int timeoutMs);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_event_type(nint nativeEvent);

    [LibraryImport(Library)]
    internal static partial int rd_kafka_event_error(nint nativeEvent);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_event_error_string(nint nativeEvent);

    [LibraryImport(Library)]
    internal static partial NativePartitionList* rd_kafka_event_topic_partition_list(nint nativeEvent);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_event_destroy(nint nativeEvent);

    [LibraryImport(Library)]
    internal static partial NativePartitionList* rd_kafka_topic_partition_list_new(int size);

    [LibraryImport(Library)]
    internal static partial void rd_kafka_topic_partition_list_destroy(NativePartitionList* list);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial NativePartition* rd_kafka_topic_partition_list_add(
        NativePartitionList* list, string topic, int partition);

    [LibraryImport(Library)]
    internal static partial byte* rd_kafka_mem_malloc(nint client, nuint size);
}
