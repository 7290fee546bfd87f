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

    /// <summary>The headers of the batches say how many records they have.</summary>
    private void Count(string? topic, in FetchResponsePartitions result)
    {
        ReadOnlySpan<byte> rest = result.Records.Memory.Span;
        if (!measured.CountsFetched || rest.IsEmpty || topic is null)
        {
            return;
        }

        long records = 0;
        while (BatchHeader.TryRead(rest, out BatchHeader batch) && batch.TotalSize <= rest.Length)
        {
            records += batch.IsControl ? 0 : batch.RecordCount;
            rest = rest[batch.TotalSize..];
        }

        measured.Fetched(topic, records, result.Records.Memory.Length);
    }
}
