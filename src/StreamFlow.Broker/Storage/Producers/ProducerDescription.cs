namespace StreamFlow.Broker.Storage;

/// <summary>One producer of a partition, as DescribeProducers shows it.</summary>
internal readonly record struct ProducerDescription(
    long ProducerId, int ProducerEpoch, int LastSequence, long LastTimestamp, int CoordinatorEpoch,
    long OpenTransactionFirstOffset);
