namespace StreamFlow.Broker;

/// <summary>
/// Messages that any client can cause as often as it likes: the first of a kind is written at once, and then one per minute that
/// counts what came since.
/// </summary>
internal sealed class RepeatedLog(BrokerLog log, TimeProvider time)
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _kinds = [];

    /// <param name="kind">What is the same about such messages; one of few.</param>
    /// <param name="message">The message.</param>
    public void Write(string kind, string message)
    {
        lock (_gate)
        {
            if (_kinds.TryGetValue(kind, out Entry? entry) && (entry.Held > 0 || time.GetElapsedTime(entry.Written) < Interval))
            {
                entry.Held++;
                entry.Last = message;
                return;
            }

            _kinds[kind] = new Entry { Written = time.GetTimestamp(), Last = message };
        }

        log.Write(message);
    }

    /// <summary>Writes what was held back, if its time has come. To be called now and then.</summary>
    /// <param name="all">Also what has not waited long enough: it is the end.</param>
    public void WriteHeld(bool all = false)
    {
        List<string> due = [];
        lock (_gate)
        {
            foreach (Entry entry in _kinds.Values)
            {
                if (entry.Held > 0 && (all || time.GetElapsedTime(entry.Written) >= Interval))
                {
                    due.Add(entry.Held == 1 ? entry.Last : $"{entry.Last} ({entry.Held} such messages since the last one)");
                    entry.Held = 0;
                    entry.Written = time.GetTimestamp();
                }
            }
        }

        due.ForEach(log.Write);
    }

    private sealed class Entry
    {
        public required long Written { get; set; }

        public required string Last { get; set; }

        public int Held { get; set; }
    }
}
