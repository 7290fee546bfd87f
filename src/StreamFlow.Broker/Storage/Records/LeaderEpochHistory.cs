namespace StreamFlow.Broker.Storage;

/// <summary>From which offset on batches carry a leader epoch.</summary>
internal readonly record struct EpochStart(int Epoch, long StartOffset);

/// <summary>The leader epochs of a log, in order: by them a client finds out whether what it has read is still there.</summary>
internal static class LeaderEpochHistory
{
    /// <summary>
    /// Where an epoch ends, by Kafka's rules: for the newest one that is the end of the log, for one in between the start
    /// of the next, for one older than the log its start. −1 and −1 for an epoch that never was.
    /// </summary>
    public static (int Epoch, long EndOffset) EndOf(EpochStart[] epochs, int epoch, long logEndOffset)
    {
        if (epoch < 0 || epoch > epochs[^1].Epoch)
        {
            return (-1, -1);
        }

        for (var i = epochs.Length - 1; i >= 0; i--)
        {
            if (epochs[i].Epoch <= epoch)
            {
                return (epochs[i].Epoch, i == epochs.Length - 1 ? logEndOffset : epochs[i + 1].StartOffset);
            }
        }

        return (epoch, epochs[0].StartOffset);
    }

    /// <summary>Begins a new epoch at an offset; epochs of which nothing is left are forgotten.</summary>
    public static EpochStart[] Raise(EpochStart[] epochs, long atOffset) =>
        [.. epochs.Where(epoch => epoch.StartOffset < atOffset), new EpochStart(epochs[^1].Epoch + 1, atOffset)];

    /// <summary>Forgets epochs that end at or below the log start; the last of them holds the start then.</summary>
    public static EpochStart[] Prune(EpochStart[] epochs, long logStartOffset)
    {
        var first = epochs.Length - 1;
        while (first > 0 && epochs[first].StartOffset > logStartOffset)
        {
            first--;
        }

        return first == 0 ? epochs : epochs[first..];
    }

    /// <summary>Takes the epoch of a batch into account, for a log whose checkpoint does not tell.</summary>
    public static void Note(List<EpochStart> epochs, in BatchHeader header)
    {
        if (header.LeaderEpoch > epochs[^1].Epoch)
        {
            epochs.Add(new EpochStart(header.LeaderEpoch, header.BaseOffset));
        }
    }
}
