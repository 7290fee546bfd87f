using Microsoft.Extensions.Logging;
using StreamFlow.Clients;

namespace StreamFlow.Runtime;

/// <summary>
/// Stores of one application that begin empty though the input that their rows are of goes on somewhere else than at its beginning: the
/// changelog was deleted, or the store has a new name, and the positions were left where they were.
/// </summary>
internal sealed class EmptyBeginnings(string applicationId, WarningSet warnings, ILogger logger)
{
    /// <summary>Says so of a store once, if it misses anything.</summary>
    /// <param name="store">The store, of which there is nothing.</param>
    /// <param name="position">Where its input goes on.</param>
    /// <param name="beginning">Where the log of the input begins.</param>
    public void Look(string store, in PartitionOffset position, long beginning)
    {
        if (position.Offset <= beginning)
        {
            return;
        }

        var warning = $"Store '{store}' begins empty, for its changelog is new, but {position.Partition} is read on from offset "
            + $"{position.Offset}: what it has before, from {beginning} on, is in no row. If that is not meant, stop the application and set "
            + "the positions of all its inputs back, those of tables too (kafka-streams-application-reset --input-topics).";
        if (warnings.TryAdd($"the beginning of {store}", warning))
        {
            RuntimeLog.BeginsEmpty(logger, applicationId, warning);
        }
    }
}
