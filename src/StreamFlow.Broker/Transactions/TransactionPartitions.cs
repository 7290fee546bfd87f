using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Transactions;

/// <summary>The partitions as the transaction coordinator needs them. The one of committed offsets is the groups'.</summary>
internal sealed class TransactionPartitions(TopicStore store, GroupCoordinator groups, FaultPoints faults)
{
    /// <summary>The partition in which every group's offsets are.</summary>
    public static TransactionPartition Offsets { get; } = new(GroupCoordinator.TopicName, 0);

    public bool Exists(TransactionPartition partition) => Find(partition) is not null;

    /// <summary>Lets the partitions accept the producer's transactional batches, until their marker.</summary>
    public void Register(
        ProducerIdentity producer, IReadOnlyList<TransactionPartition> partitions, TransactionVersion version)
    {
        foreach (TransactionPartition partition in partitions)
        {
            Find(partition)?.RegisterTransaction(
                producer.ProducerId, producer.Epoch, startsAtZero: version >= TransactionVersion.V2);
        }
    }

    /// <summary>Writes a marker to every partition. A deleted partition counts as done.</summary>
    /// <returns>The partition that could not take it, and why; null when all did.</returns>
    public (TransactionPartition Partition, ErrorCode Error)? WriteMarkers(WriteMarkers markers, long nowMs)
    {
        (TransactionPartition, ErrorCode)? failed = null;
        foreach (TransactionPartition partition in markers.Partitions)
        {
            ErrorCode error = partition == Offsets
                ? EndOffsets(markers.Producer, markers.Commit)
                : WriteMarker(partition, markers.Producer, markers.Commit, nowMs);
            if (error is not (ErrorCode.None or ErrorCode.UnknownTopicOrPartition))
            {
                failed = (partition, error);
            }
        }

        return failed;
    }

    /// <summary>Writes the marker that an administrator asks for.</summary>
    public ErrorCode WriteForeignMarker(ForeignMarker marker, TransactionPartition partition, long nowMs)
    {
        (long producerId, short epoch) = marker.Producer;
        AppendOrigin origin = marker.Version >= TransactionVersion.V2
            ? AppendOrigin.ForeignMarkerOfVersion2
            : AppendOrigin.ForeignMarker;
        return partition == Offsets
            ? groups.EndTransaction(producerId, epoch, marker.Commit, marker.CoordinatorEpoch, origin)
            : TopicNames.IsInternal(partition.Topic) ? ErrorCode.InvalidTopic
            : Find(partition)?.Append(
                RecordBatchBuilder.BuildMarker(producerId, epoch, marker.Commit, marker.CoordinatorEpoch, nowMs),
                origin).Error ?? ErrorCode.UnknownTopicOrPartition;
    }

    /// <summary>Whether all of them take writes; one that was deleted is no obstacle.</summary>
    public bool TakeWrites(IReadOnlyList<TransactionPartition> partitions) =>
        partitions.All(partition => Find(partition) is null or { State: LogState.Online or LogState.Closed });

    /// <summary>Whether it takes no writes now and may take them later.</summary>
    public bool IsReadOnly(TransactionPartition partition) => Find(partition) is { State: LogState.ReadOnly };

    /// <summary>Fsyncs the partitions, whatever their policy.</summary>
    public async ValueTask<ErrorCode> FlushAsync(IReadOnlyList<TransactionPartition> partitions)
    {
        var flushes = new List<Task<ErrorCode>>(partitions.Count);
        foreach (TransactionPartition partition in partitions)
        {
            if (Find(partition) is { IsClosed: false } log)
            {
                flushes.Add(log.FlushAsync().AsTask());
            }
        }

        ErrorCode[] errors = await Task.WhenAll(flushes).ConfigureAwait(false);
        return errors.FirstOrDefault(static error => error != ErrorCode.None, ErrorCode.None);
    }

    /// <summary>
    /// Every transaction that some partition holds open, with the epoch it has there; and of other producers the epoch,
    /// which the coordinator's must not be below.
    /// </summary>
    public IEnumerable<(TransactionPartition Partition, ProducerIdentity Producer, bool IsOpen)> Producers()
    {
        foreach (Topic topic in store.Topics)
        {
            for (int i = 0; i < topic.Partitions.Count; i++)
            {
                foreach (ProducerDescription producer in topic.Partitions[i].DescribeProducers())
                {
                    yield return (
                        new TransactionPartition(topic.Name, i),
                        new ProducerIdentity(producer.ProducerId, (short)producer.ProducerEpoch),
                        producer.OpenTransactionFirstOffset >= 0);
                }
            }
        }
    }

    private ErrorCode WriteMarker(TransactionPartition partition, ProducerIdentity producer, bool commit, long nowMs)
    {
        faults.Hit(FaultPoints.BeforeMarker);
        PartitionLog? log = Find(partition);
        byte[] marker = RecordBatchBuilder.BuildMarker(producer.ProducerId, producer.Epoch, commit, 0, nowMs);
        ErrorCode error = log?.Append(marker, AppendOrigin.Marker).Error ?? ErrorCode.UnknownTopicOrPartition;
        faults.Hit(FaultPoints.AfterMarker);
        return error;
    }

    private ErrorCode EndOffsets(ProducerIdentity producer, bool commit)
    {
        faults.Hit(FaultPoints.BeforeMaterialise);
        ErrorCode error = groups.EndTransaction(producer.ProducerId, producer.Epoch, commit);
        faults.Hit(FaultPoints.AfterMaterialise);
        return error;
    }

    private PartitionLog? Find(TransactionPartition partition) =>
        store.GetPartition(partition.Topic, partition.Partition);
}
