using System.Runtime.InteropServices;

namespace StreamFlow.Kafka.Interop;

/// <summary>rd_kafka_message_t of librdkafka 2.15.1; 72 bytes where pointers have 8.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMessage
{
    public int Error;
    public nint Topic;
    public int Partition;
    public byte* Value;
    public nuint ValueLength;
    public byte* Key;
    public nuint KeyLength;
    public long Offset;
    public nint Private;
}

/// <summary>rd_kafka_topic_partition_t; 64 bytes where pointers have 8.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartition
{
    public byte* Topic;
    public int Partition;
    public long Offset;
    public byte* Metadata;
    public nuint MetadataSize;
    public nint Opaque;
    public int Error;
    public nint Private;
}

/// <summary>rd_kafka_topic_partition_list_t; 16 bytes where pointers have 8.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePartitionList
{
    public int Count;
    public int Size;
    public NativePartition* Items;
}

/// <summary>What a <see cref="NativeArgument"/> is (rd_kafka_vtype_t).</summary>
internal enum ArgumentKind
{
    Topic = 2,
    Partition = 3,
    Value = 4,
    Key = 5,
    Opaque = 6,
    Flags = 7,
    Timestamp = 8,
    Headers = 10,
}

/// <summary>
/// rd_kafka_vu_t, one argument of rd_kafka_produceva: a tag and a union that librdkafka pads to 64 bytes; 72 in all.
/// Only the members that are used are declared.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 72)]
internal struct NativeArgument
{
    [FieldOffset(0)]
    public ArgumentKind Kind;

    [FieldOffset(8)]
    public nint Pointer;

    [FieldOffset(8)]
    public int Int32;

    [FieldOffset(8)]
    public long Int64;

    /// <summary>Length of the memory at <see cref="Pointer"/>.</summary>
    [FieldOffset(16)]
    public nuint Length;
}

/// <summary>rd_kafka_metadata_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMetadata
{
    public int BrokerCount;
    public nint Brokers;
    public int TopicCount;
    public NativeTopicMetadata* Topics;
    public int OriginBrokerId;
    public nint OriginBrokerName;
}

/// <summary>rd_kafka_metadata_topic_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeTopicMetadata
{
    public byte* Topic;
    public int PartitionCount;
    public nint Partitions;
    public int Error;
}
