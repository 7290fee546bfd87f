using StreamFlow.Broker.Storage;

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
}
