namespace StreamFlow.Broker.Security;

/// <summary>
/// Makes guessing slow: the refusal of a client waits, and the longer the more often its address was refused lately. Counts
/// of a bounded number of addresses; when there are more, the oldest is forgotten.
/// </summary>
internal sealed class FailedAuthentications(TimeProvider time)
{
    public const int MostAddresses = 4096;

    /// <summary>What the first refusal takes; Kafka's <c>connection.failed.authentication.delay.ms</c>.</summary>
    public static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);

    public static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(5);

    /// <summary>An address that was not refused for this long is as good as new.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(1);

    private readonly OrderedLock _gate = new(LockRank.Innermost);
    private readonly Dictionary<string, (int Count, long At)> _addresses = [];

    /// <summary>Counts a refusal and answers how long it must take.</summary>
    public TimeSpan Count(string address)
    {
        int count;
        using (_gate.Enter())
        {
            bool known = _addresses.TryGetValue(address, out (int Count, long At) last) && time.GetElapsedTime(last.At) < Memory;
            count = known ? Math.Min(last.Count + 1, 30) : 0;
            if (_addresses.Count >= MostAddresses && !_addresses.ContainsKey(address))
            {
                _addresses.Remove(_addresses.MinBy(static x => x.Value.At).Key);
            }

            _addresses[address] = (count, time.GetTimestamp());
        }

        double delay = FirstDelay.TotalMilliseconds * Math.Pow(2, count);
        return TimeSpan.FromMilliseconds(Math.Min(delay, LongestDelay.TotalMilliseconds));
    }
}
