using System.Globalization;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// What a join of two streams is to do, written down as simply as can be: all records in lists, gone through from end to end.
/// </summary>
internal sealed class StreamJoinModel(bool leftAlone, bool rightAlone, JoinWindows windows)
{
    private readonly List<Item>[] _kept = [[], []];
    private readonly long[] _storeTime = [-1, -1];
    private readonly List<Item> _waiting = [];
    private readonly long _before = (long)windows.Before.TotalMilliseconds;
    private readonly long _after = (long)windows.After.TotalMilliseconds;
    private readonly long _grace = (long)windows.Grace.TotalMilliseconds;
    private long _streamTime = -1;
    private int _count;

    /// <summary>Stream time after a restart is that of the stores: what was left out is forgotten.</summary>
    public void Restart() => _streamTime = _storeTime.Max();

    /// <returns>What comes out, as <c>key=left+right@timestamp</c>.</returns>
    public List<string> Pipe(bool isLeft, string? key, string? value, long time)
    {
        var results = new List<string>();
        var record = new Item(isLeft, key!, value!, time, _count++);
        _streamTime = Math.Max(_streamTime, time);
        if (key is null && value is not null && HasResultAlone(isLeft))
        {
            results.Add(Result(record, null));
        }

        if (key is null || value is null)
        {
            return results;
        }

        foreach (var due in _waiting.Where(IsDue).OrderBy(w => w.Time).ThenBy(w => w.IsLeft)
            .ThenBy(w => w.Key, StringComparer.Ordinal).ThenBy(w => w.Number).ToList())
        {
            _waiting.Remove(due);
            results.Add(Result(due, null));
        }

        var others = Meets(record).ToList();
        foreach (var other in others)
        {
            _waiting.RemoveAll(w => w.IsLeft == other.IsLeft && w.Key == other.Key && w.Time == other.Time);
            results.Add(Result(record, other));
        }

        if (others.Count == 0 && HasResultAlone(isLeft))
        {
            if (IsDue(record))
            {
                results.Add(Result(record, null));
            }
            else
            {
                _waiting.Add(record);
            }
        }

        Keep(record);
        return results;
    }

    private static int Side(bool isLeft) => isLeft ? 0 : 1;

    private IEnumerable<Item> Meets(Item record)
    {
        var (earlier, later) = record.IsLeft ? (_before, _after) : (_after, _before);
        return _kept[Side(!record.IsLeft)]
            .Where(o => o.Key == record.Key && o.Time >= record.Time - earlier && o.Time <= record.Time + later)
            .Where(o => o.Time >= FirstLive(!record.IsLeft))
            .OrderBy(o => o.Time).ThenBy(o => o.Number);
    }

    private void Keep(Item record)
    {
        if (record.Time >= FirstLive(record.IsLeft))
        {
            _kept[Side(record.IsLeft)].Add(record);
            _storeTime[Side(record.IsLeft)] = Math.Max(_storeTime[Side(record.IsLeft)], record.Time);
        }
    }

    private long FirstLive(bool isLeft) =>
        _storeTime[Side(isLeft)] - Math.Max(_before + _after, Math.Max(_before, _after) + 1) - _grace + 1;

    private bool IsDue(Item record) => record.Time + (record.IsLeft ? _after : _before) + _grace < _streamTime;

    private bool HasResultAlone(bool isLeft) => isLeft ? leftAlone : rightAlone;

    private static string Result(Item record, Item? other)
    {
        var (left, right) = record.IsLeft ? (record, other) : (other, record);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{record.Key ?? "null"}={left?.Value ?? "null"}+{right?.Value ?? "null"}@{Math.Max(record.Time, other?.Time ?? 0)}");
    }

    private sealed record Item(bool IsLeft, string Key, string Value, long Time, int Number);
}
