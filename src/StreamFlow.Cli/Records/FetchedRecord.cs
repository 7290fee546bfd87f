using StreamFlow.Cli.Client.Admin;

namespace StreamFlow.Cli.Records;

/// <summary>A record as it was read.</summary>
/// <param name="Partition">Where it lies.</param>
/// <param name="Offset">Its place there.</param>
/// <param name="Timestamp">Milliseconds since 1970.</param>
/// <param name="Key">Null without a key.</param>
/// <param name="Value">Null for one that deletes its key.</param>
/// <param name="Headers">Encoded.</param>
internal sealed record FetchedRecord(TopicPartition Partition, long Offset, long Timestamp, byte[]? Key, byte[]? Value, byte[] Headers);
