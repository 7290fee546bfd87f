namespace StreamFlow.Tests.Dsl;

/// <summary>A record that a random test pipes.</summary>
internal readonly record struct Piped(string Key, string Value, long Time)
{
    /// <summary>Records whose times mostly grow, now and then jump, and are late by up to a delay.</summary>
    public static List<Piped> Random(Random random, int count, long step, long delay)
    {
        var (records, now) = (new List<Piped>(), random.NextInt64(3 * step));
        for (var i = 0; i < count; i++)
        {
            now += random.Next(20) == 0 ? random.NextInt64(40 * step) : random.NextInt64(step);
            var time = random.Next(3) == 0 ? Math.Max(0, now - random.NextInt64(delay)) : now;
            records.Add(new Piped("k" + random.Next(4), "v" + i, time));
        }

        return records;
    }
}

/// <summary>What windows come to, worked out without stores: of each that closes, the number of its records.</summary>
internal abstract class WindowModel
{
    private long _observed = -1;

    /// <summary>Finals in any order, as <c>key[start/end]=count</c>.</summary>
    public List<string> Finals { get; } = [];

    /// <summary>Windows, or records, that came too late.</summary>
    public int Late { get; protected set; }

    protected long Observed => _observed;

    public void Process(Piped record)
    {
        _observed = Math.Max(_observed, record.Time);
        Close();
        Add(record);
    }

    protected abstract void Close();

    protected abstract void Add(Piped record);

    protected void Final(string key, long start, long end, int count) => Finals.Add($"{key}[{start}/{end}]={count}");
}

internal sealed class HoppingModel(long size, long advance, long grace) : WindowModel
{
    private readonly Dictionary<(string Key, long Start), int> _open = [];

    protected override void Close()
    {
        foreach (var (key, start) in _open.Keys.Where(window => window.Start + size <= Observed - grace).ToList())
        {
            Final(key, start, start + size, _open[(key, start)]);
            _open.Remove((key, start));
        }
    }

    protected override void Add(Piped record)
    {
        for (var start = record.Time / advance * advance; start >= 0 && start > record.Time - size; start -= advance)
        {
            if (start + size <= Observed - grace)
            {
                Late++;
            }
            else
            {
                _open[(record.Key, start)] = _open.GetValueOrDefault((record.Key, start)) + 1;
            }
        }
    }
}

internal sealed class SessionModel(long gap, long grace) : WindowModel
{
    private readonly List<(string Key, long Start, long End, int Count)> _open = [];

    protected override void Close()
    {
        foreach (var session in _open.Where(session => session.End < Observed - gap - grace).ToList())
        {
            Final(session.Key, session.Start, session.End, session.Count);
            _open.Remove(session);
        }
    }

    protected override void Add(Piped record)
    {
        var joined = _open.FindAll(session => session.Key == record.Key
            && session.End >= record.Time - gap && session.Start <= record.Time + gap);
        if (joined.Count == 0 && record.Time < Observed - gap - grace)
        {
            Late++;
            return;
        }

        _open.RemoveAll(joined.Contains);
        _open.Add((
            record.Key,
            joined.Select(session => session.Start).Append(record.Time).Min(),
            joined.Select(session => session.End).Append(record.Time).Max(),
            joined.Sum(session => session.Count) + 1));
    }
}

/// <summary>Of records none of which is late for any of its windows.</summary>
internal sealed class SlidingModel(long difference, long grace) : WindowModel
{
    private readonly List<Piped> _records = [];
    private readonly HashSet<(string Key, long Start)> _closed = [];

    protected override void Close()
    {
        foreach (var key in _records.Select(record => record.Key).Distinct())
        {
            var times = _records.Where(record => record.Key == key).Select(record => record.Time).ToList();
            var starts = times.SelectMany(time => new[] { Math.Max(0, time - difference), time + 1 }).Distinct().Order();
            foreach (var start in starts.Where(start => start + difference < Observed - grace))
            {
                var count = times.Count(time => time >= start && time <= start + difference);
                if (count > 0 && _closed.Add((key, start)))
                {
                    Final(key, start, start + difference, count);
                }
            }
        }
    }

    protected override void Add(Piped record) => _records.Add(record);
}
