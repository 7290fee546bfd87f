namespace StreamFlow.Broker.Storage;

/// <summary>One aborted transaction of a partition.</summary>
/// <param name="ProducerId">Whose transaction.</param>
/// <param name="FirstOffset">Its first record in this partition.</param>
/// <param name="LastOffset">Its abort marker.</param>
/// <param name="LastStableOffset">The last stable offset once it was aborted.</param>
internal readonly record struct AbortedTransaction(
    long ProducerId, long FirstOffset, long LastOffset, long LastStableOffset);
