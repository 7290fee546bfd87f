using StreamFlow.Broker.Storage;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

internal static class LeaderEpochs
{
    private const int NotGiven = -1;

    /// <summary>Compares the epoch a client believes in with ours; -1 means that it does not care.</summary>
    public static ErrorCode Check(int clientEpoch, PartitionLog log) => clientEpoch switch
    {
        NotGiven => ErrorCode.None,
        _ when clientEpoch < log.LeaderEpoch => ErrorCode.FencedLeaderEpoch,
        _ when clientEpoch > log.LeaderEpoch => ErrorCode.UnknownLeaderEpoch,
        _ => ErrorCode.None,
    };

    /// <summary>
    /// Where the log and what a reader has read of it part (KIP-595): null where they agree, or where the reader does not say.
    /// </summary>
    /// <param name="lastEpoch">The epoch of the last batch that the reader has; -1 when it does not say.</param>
    /// <param name="position">The offset behind that batch.</param>
    /// <param name="log">What it reads.</param>
    /// <returns>The newest epoch that both have, and its end; -1 and -1 when they have none in common.</returns>
    public static FetchResponseDivergingEpoch? FindDivergence(int lastEpoch, long position, PartitionLog log)
    {
        if (lastEpoch < 0)
        {
            return null;
        }

        (int epoch, long end) = log.EndOffsetForEpoch(lastEpoch);
        return epoch < lastEpoch || end < position ? new FetchResponseDivergingEpoch { Epoch = epoch, EndOffset = end } : null;
    }
}
