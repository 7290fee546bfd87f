using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>The bytes of the budget that a fetch may read: what it asks for, or what there is of it, or it waits for some.</summary>
internal static class FetchRoom
{
    /// <summary>The most one response carries beside its first batch, whatever the client allows (Kafka's default).</summary>
    public const int LargestResponse = 55 * 1024 * 1024;

    /// <summary>What a fetch waits for when there is less: enough for its consumer to get on.</summary>
    private const int Least = 64 * 1024;

    /// <summary>A fetch of more partitions than this holds enough itself not to be let wait for long.</summary>
    private const int ManyPartitions = 500;

    private static readonly TimeSpan LongestWaitOfMany = TimeSpan.FromSeconds(30);

    /// <summary>How long a fetch may wait, for records or for room to read them into.</summary>
    public static TimeSpan LongestWait(FetchRequest request, int partitions)
    {
        TimeSpan asked = TimeSpan.FromMilliseconds(Math.Max(0, request.MaxWaitMs));
        return partitions > ManyPartitions && asked > LongestWaitOfMany ? LongestWaitOfMany : asked;
    }

    /// <summary>The most bytes that are worth reading.</summary>
    public static int Wanted(FetchRequest request)
    {
        long sum = 0;
        foreach (FetchRequestTopics topic in request.Topics)
        {
            foreach (FetchRequestPartitions partition in topic.Partitions)
            {
                sum += Math.Max(0, partition.PartitionMaxBytes);
            }
        }

        return (int)Math.Min(sum, Math.Clamp(request.MaxBytes, 0, LargestResponse));
    }

    /// <summary>Takes bytes to read into, if there are any; null if not.</summary>
    public static FetchBytes? TryTake(ByteBudget budget, int wanted)
    {
        long granted = budget.TakeUpTo(wanted, Math.Min(wanted, Least));
        return granted > 0 || wanted == 0 ? new FetchBytes((int)granted, new ByteLease(budget, granted)) : null;
    }

    /// <summary>Waits for bytes to read into.</summary>
    /// <returns>None when there were none in time.</returns>
    public static async ValueTask<FetchBytes> TakeAsync(
        ConnectionContext connection, int wanted, TimeSpan longest, TimeProvider time)
    {
        int least = Math.Min(wanted, Least);
        using CancellationTokenSource late = new(longest, time);
        using CancellationTokenSource given = CancellationTokenSource.CreateLinkedTokenSource(
            late.Token, connection.Gone, connection.Stopping);
        try
        {
            await connection.Budget.TakeAsync(least, given.Token).ConfigureAwait(false);
            return new FetchBytes(least, new ByteLease(connection.Budget, least));
        }
        catch (OperationCanceledException)
        {
            return new FetchBytes(0, new ByteLease(connection.Budget, 0), HasRoom: false);
        }
    }
}

/// <summary>How much a fetch may read, what holds that many bytes, and whether there was room for anything.</summary>
internal readonly record struct FetchBytes(int Limit, ByteLease Lease, bool HasRoom = true);
