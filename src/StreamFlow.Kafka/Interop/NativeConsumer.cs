using System.Runtime.InteropServices;
using StreamFlow.Clients;

namespace StreamFlow.Kafka.Interop;

/// <summary>An error from the consumer's own queue.</summary>
/// <param name="Error">The error.</param>
/// <param name="Partition">What it is about, when it is about a partition.</param>
internal readonly record struct ConsumerError(NativeError Error, TopicPartition? Partition);

/// <summary>librdkafka's consumer calls with managed arguments; no policy here.</summary>
internal sealed unsafe class NativeConsumer : IDisposable
{
    private readonly ClientHandle _client;
    private readonly QueueHandle _queue;

    internal NativeConsumer(IEnumerable<KeyValuePair<string, string>> settings, ClientCallbacks callbacks)
    {
        _client = ClientHandle.CreateConsumer(settings, callbacks);
        _ = NativeMethods.rd_kafka_poll_set_consumer(_client.Pointer);
        _queue = new QueueHandle(NativeMethods.rd_kafka_queue_get_consumer(_client.Pointer));
    }

    /// <summary>Whether the rebalance being answered took the partitions away without asking.</summary>
    internal bool AssignmentLost => NativeMethods.rd_kafka_assignment_lost(_client.Pointer) != 0;

    internal TopicHandle KeepTopic(string name) => _client.KeepTopic(name);

    /// <summary>
    /// The queue of a partition, cut off from the consumer's queue so that its records wait here, and ending the wait
    /// on the consumer's queue when some arrive. To be called before the partition is assigned.
    /// </summary>
    internal QueueHandle OpenQueue(TopicPartition partition)
    {
        var queue = new QueueHandle(
            NativeMethods.rd_kafka_queue_get_partition(_client.Pointer, partition.Topic, partition.Partition));
        NativeMethods.rd_kafka_queue_forward(queue.Pointer, 0);
        NativeMethods.rd_kafka_queue_cb_event_enable(queue.Pointer, &ClientCallbacks.OnRecords, _queue.Pointer);
        return queue;
    }

    /// <summary>Gives a partition's queue up; call it when the partition is no longer assigned.</summary>
    internal static void CloseQueue(QueueHandle queue, MessageBatch batch)
    {
        NativeMethods.rd_kafka_queue_cb_event_enable(queue.Pointer, null, 0);

        // What was prefetched would stay in memory, because nobody serves this queue any more. The bound guards
        // against a fetch that is still filling it.
        for (var rounds = 0; rounds < 4096; rounds++)
        {
            var result = batch.Fill(queue, 0);
            if (batch.Count == 0 && !result.Error.IsError)
            {
                break;
            }
        }

        batch.Dispose();
        queue.Dispose();
    }

    /// <summary>The error that has made the consumer unusable, if there is one.</summary>
    internal NativeError FatalError() => _client.FatalError();

    /// <summary>Serves the consumer's queue: callbacks, then at most one error. Waits while there is neither.</summary>
    internal bool Poll(int timeoutMs, out ConsumerError error)
    {
        var message = NativeMethods.rd_kafka_consumer_poll(_client.Pointer, timeoutMs);
        error = default;
        if (message == null)
        {
            return false;
        }

        var topic = message->Topic == 0 ? null : NativeError.Utf8(NativeMethods.rd_kafka_topic_name(message->Topic));
        TopicPartition? partition = topic is null ? null : new TopicPartition(topic, message->Partition);
        var native = message->Error != 0
            ? MessageBatch.ErrorOf(message)
            : new NativeError(
                ErrorCode.Inconsistent,
                $"the record at offset {message->Offset} came to the consumer's queue instead of its partition's",
                IsFatal: true);
        if (native.Code == ErrorCode.Fatal && _client.FatalError() is { IsError: true } fatal)
        {
            native = fatal;
        }

        NativeMethods.rd_kafka_message_destroy(message);
        error = new ConsumerError(native, partition);
        return true;
    }

    internal NativeError Subscribe(IEnumerable<string> topics)
    {
        using var list = PartitionList.OfTopics(topics);
        return NativeError.Of(NativeMethods.rd_kafka_subscribe(_client.Pointer, list.Pointer));
    }

    /// <summary>Asks for the partitions back by a last rebalance, and then leaves the group, also as a static member.</summary>
    internal NativeError Unsubscribe() => NativeError.Of(NativeMethods.rd_kafka_unsubscribe(_client.Pointer));

    /// <summary>
    /// Whether the first join is over, and whether the group knows this consumer; librdkafka forgets its member id when it
    /// asks to leave.
    /// </summary>
    internal (bool HasJoined, bool IsMember) Membership()
    {
        using var metadata = GroupMetadata();
        if (metadata is null)
        {
            return (false, false);
        }

        return (
            NativeMethods.rd_kafka_consumer_group_metadata_generation_id(metadata.Pointer) >= 0,
            MemberIdOf(metadata).Length > 0);
    }

    /// <summary>The member id by which the group knows this consumer now; empty when it does not.</summary>
    internal string MemberId()
    {
        using var metadata = GroupMetadata();
        return metadata is null ? string.Empty : MemberIdOf(metadata);
    }

    /// <summary>The member id in metadata.</summary>
    internal static string MemberIdOf(GroupMetadataHandle metadata) =>
        Marshal.PtrToStringUTF8((nint)NativeMethods.rd_kafka_consumer_group_metadata_member_id(metadata.Pointer)) ?? string.Empty;

    internal NativeError Assign(IEnumerable<PartitionOffset> partitions)
    {
        using var list = PartitionList.Of(partitions, _client);
        return NativeError.Take(NativeMethods.rd_kafka_incremental_assign(_client.Pointer, list.Pointer));
    }

    internal NativeError Unassign(IEnumerable<TopicPartition> partitions)
    {
        using var list = PartitionList.Of(partitions);
        return NativeError.Take(NativeMethods.rd_kafka_incremental_unassign(_client.Pointer, list.Pointer));
    }

    internal NativeError UnassignAll() => NativeError.Of(NativeMethods.rd_kafka_assign(_client.Pointer, null));

    internal NativeError Seek(PartitionOffset offset, int timeoutMs)
    {
        using var list = PartitionList.Of([offset with { Metadata = null }], _client);
        var error = NativeError.Take(NativeMethods.rd_kafka_seek_partitions(_client.Pointer, list.Pointer, timeoutMs));
        return error.IsError ? error : list.FirstError();
    }

    internal NativeError Commit(IEnumerable<PartitionOffset> offsets, int timeoutMs)
    {
        using var list = PartitionList.Of(offsets, _client);

        // rd_kafka_commit waits without a limit; an own queue lets us stop waiting.
        using var answers = new QueueHandle(NativeMethods.rd_kafka_queue_new(_client.Pointer));
        var error = NativeError.Of(
            NativeMethods.rd_kafka_commit_queue(_client.Pointer, list.Pointer, answers.Pointer, 0, 0));
        if (error.IsError)
        {
            return error;
        }

        var answer = NativeMethods.rd_kafka_queue_poll(answers.Pointer, timeoutMs);
        if (answer == 0)
        {
            return new NativeError(
                ErrorCode.TimedOut, $"no answer to the commit after {timeoutMs} ms", IsRetriable: true);
        }

        try
        {
            error = NativeError.Of(NativeMethods.rd_kafka_event_error(answer));
            return error.IsError
                ? error
                : PartitionList.FirstError(NativeMethods.rd_kafka_event_topic_partition_list(answer));
        }
        finally
        {
            NativeMethods.rd_kafka_event_destroy(answer);
        }
    }

    internal NativeError Committed(IReadOnlyList<TopicPartition> partitions, int timeoutMs, PartitionOffset[] offsets)
    {
        using var list = PartitionList.Of(partitions);
        var error = NativeError.Of(NativeMethods.rd_kafka_committed(_client.Pointer, list.Pointer, timeoutMs));
        if (!error.IsError)
        {
            error = list.FirstError();
        }

        for (var i = 0; !error.IsError && i < offsets.Length; i++)
        {
            offsets[i] = list[i];
        }

        return error;
    }

    internal NativeError QueryOffsets(TopicPartition partition, int timeoutMs, out long beginning, out long end)
    {
        long low;
        long high;
        var error = NativeError.Of(NativeMethods.rd_kafka_query_watermark_offsets(
            _client.Pointer, partition.Topic, partition.Partition, &low, &high, timeoutMs));
        beginning = error.IsError ? -1 : low;
        end = error.IsError ? -1 : high;
        return error;
    }

    /// <summary>The first offset at or after a time; <see cref="PartitionOffset.End"/> where there is none.</summary>
    internal NativeError QueryOffset(TopicPartition partition, long timestamp, int timeoutMs, out long offset)
    {
        using var list = PartitionList.Of([new PartitionOffset(partition, timestamp)], _client);
        var error = NativeError.Of(NativeMethods.rd_kafka_offsets_for_times(_client.Pointer, list.Pointer, timeoutMs));
        error = error.IsError ? error : list.FirstError();
        offset = error.IsError || list[0].Offset < 0 ? PartitionOffset.End : list[0].Offset;
        return error;
    }

    /// <summary>The end of a partition as the last fetch told it; nothing is asked of the broker.</summary>
    internal long LastKnownEnd(TopicPartition partition)
    {
        long low;
        long high;
        var error = NativeMethods.rd_kafka_get_watermark_offsets(
            _client.Pointer, partition.Topic, partition.Partition, &low, &high);
        return error == 0 ? high : -1;
    }

    /// <summary>The member's identity, or null before there is a group.</summary>
    internal GroupMetadataHandle? GroupMetadata()
    {
        var metadata = NativeMethods.rd_kafka_consumer_group_metadata(_client.Pointer);
        return metadata == 0 ? null : new GroupMetadataHandle(metadata);
    }

    /// <summary>Begins to leave the group; served by <see cref="ServeClose"/>.</summary>
    internal NativeError BeginClose(out QueueHandle queue)
    {
        queue = new QueueHandle(NativeMethods.rd_kafka_queue_new(_client.Pointer));
        return NativeError.Take(NativeMethods.rd_kafka_consumer_close_queue(_client.Pointer, queue.Pointer));
    }

    /// <summary>Serves the last rebalance; returns whether the group is left.</summary>
    internal bool ServeClose(QueueHandle queue, int timeoutMs)
    {
        if (NativeMethods.rd_kafka_consumer_closed(_client.Pointer) == 0)
        {
            _ = NativeMethods.rd_kafka_queue_poll_callback(queue.Pointer, timeoutMs);
        }

        return NativeMethods.rd_kafka_consumer_closed(_client.Pointer) != 0;
    }

    /// <summary>Ends the client. Every message, queue and topic must be released before.</summary>
    public void Dispose()
    {
        _queue.Dispose();
        _client.Dispose();
    }
}
