using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Kafka.Interop;

/// <summary>A list of partitions in native memory, for the length of one call.</summary>
internal sealed unsafe class PartitionList : IDisposable
{
    /// <summary>librdkafka's offset for "none".</summary>
    internal const long NoOffset = -1001;

    private NativePartitionList* _list;

    internal PartitionList(int capacity) => _list = NativeMethods.rd_kafka_topic_partition_list_new(capacity);

    internal NativePartitionList* Pointer => _list;

    internal static PartitionList Of(IEnumerable<TopicPartition> partitions)
    {
        var list = new PartitionList(8);
        foreach (var partition in partitions)
        {
            list.Add(partition, NoOffset);
        }

        return list;
    }

    internal static PartitionList OfTopics(IEnumerable<string> topics) =>
        Of(topics.Select(topic => new TopicPartition(topic, -1)));

    /// <summary>The list with offsets and metadata.</summary>
    /// <param name="offsets">What to put in.</param>
    /// <param name="client">The client it is for; metadata is allocated with its allocator, which frees it.</param>
    internal static PartitionList Of(IEnumerable<PartitionOffset> offsets, ClientHandle client)
    {
        var list = new PartitionList(8);
        foreach (var offset in offsets)
        {
            var item = list.Add(offset.Partition, offset.Offset);
            if (offset.Metadata is not null)
            {
                SetMetadata(item, offset.Metadata, client);
            }
        }

        return list;
    }

    internal static IReadOnlyList<TopicPartition> Read(NativePartitionList* list)
    {
        if (list == null)
        {
            return [];
        }

        var result = new TopicPartition[list->Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = Partition(list->Items[i]);
        }

        return result;
    }

    /// <summary>The first entry's error in a list that librdkafka has filled in, naming its partition.</summary>
    internal static NativeError FirstError(NativePartitionList* list)
    {
        for (var i = 0; list != null && i < list->Count; i++)
        {
            if (list->Items[i].Error != 0)
            {
                var error = NativeError.Of(list->Items[i].Error);
                return error with { Text = $"{Partition(list->Items[i])}: {error.Text}" };
            }
        }

        return NativeError.None;
    }

    internal NativeError FirstError() => FirstError(_list);

    internal PartitionOffset this[int index]
    {
        get
        {
            ref var item = ref _list->Items[index];
            var metadata = item.Metadata == null
                ? null
                : Encoding.UTF8.GetString(item.Metadata, checked((int)item.MetadataSize));
            return new PartitionOffset(Partition(item), item.Offset == NoOffset ? -1 : item.Offset, metadata);
        }
    }

    public void Dispose()
    {
        if (_list != null)
        {
            NativeMethods.rd_kafka_topic_partition_list_destroy(_list);
            _list = null;
        }
    }

    private static TopicPartition Partition(in NativePartition item) =>
        new(NativeError.Utf8(item.Topic)!, item.Partition);

    private static void SetMetadata(NativePartition* item, string metadata, ClientHandle client)
    {
        var size = Encoding.UTF8.GetByteCount(metadata);
        item->Metadata = NativeMethods.rd_kafka_mem_malloc(client.Pointer, (nuint)Math.Max(size, 1));
        item->MetadataSize = (nuint)Encoding.UTF8.GetBytes(metadata, new Span<byte>(item->Metadata, size));
    }

    private NativePartition* Add(TopicPartition partition, long offset)
    {
        var item = NativeMethods.rd_kafka_topic_partition_list_add(_list, partition.Topic, partition.Partition);
        item->Offset = offset;
        return item;
    }
}
