using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <content>What stands in answers beside the records.</content>
internal sealed partial class FetchHandler
{
    private static FetchResponseAbortedTransactions[]? Aborted(IReadOnlyList<AbortedTransaction>? aborted) => aborted is null
        ? null
        :
        [
            .. aborted.Select(static x => new FetchResponseAbortedTransactions
            {
                ProducerId = x.ProducerId,
                FirstOffset = x.FirstOffset,
            }),
        ];

    private static FetchResponsePartitions Failed(int index, ErrorCode error, PartitionLog? log) => new()
    {
        PartitionIndex = index,
        ErrorCode = error,
        HighWatermark = log?.HighWatermark ?? -1,
        LastStableOffset = log?.LastStableOffset ?? -1,
        LogStartOffset = log?.LogStartOffset ?? -1,
        AbortedTransactions = null,
        Records = WireRecords.Empty,
    };
}
