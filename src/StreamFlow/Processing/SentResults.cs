using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>
/// What the results that a producer has taken are due to, by the numbers of its records, for as long as they may still
/// fail. Of one thread; used by the collectors of all its tasks.
/// </summary>
internal sealed class SentResults
{
    private const int Initial = 1024;

    /// <summary>More records than a producer holds (<c>queue.buffering.max.messages</c>, here 20,000): older ones are delivered.</summary>
    private const int MaxCapacity = 1 << 16;
    private SentResult[] _results = new SentResult[Initial];
    private long _taken;
    private long _settled;

    /// <summary>The producer took a record that is no result, of a changelog for example.</summary>
    public void TookOther() => _taken++;

    /// <summary>The producer took a result.</summary>
    public void Took(in SentResult result)
    {
        if (_taken - _settled >= _results.Length && _results.Length < MaxCapacity)
        {
            Grow();
        }

        _results[_taken & (_results.Length - 1)] = result with { Number = _taken };
        _taken++;
    }

    /// <summary>The result with a number; false when it is none, or older than a producer's queue is long.</summary>
    public bool TryFind(long number, out SentResult result)
    {
        result = _results[number & (_results.Length - 1)];
        return result.Node is not null && result.Number == number;
    }

    /// <summary>All that was taken is delivered, or has failed and been dealt with.</summary>
    public void Settle()
    {
        if (_taken > _settled)
        {
            Array.Clear(_results, 0, (int)Math.Min(_results.Length, _taken));
            _settled = _taken;
        }
    }

    /// <summary>Another producer counts from the beginning.</summary>
    public void Restart()
    {
        Settle();
        _taken = _settled = 0;
    }

    private void Grow()
    {
        var larger = new SentResult[_results.Length * 2];
        foreach (var result in _results)
        {
            if (result.Node is not null)
            {
                larger[result.Number & (larger.Length - 1)] = result;
            }
        }

        _results = larger;
    }
}

/// <summary>A result on its way to the broker.</summary>
/// <param name="Task">The task it comes from.</param>
/// <param name="Node">The operator that sent it.</param>
/// <param name="Origin">The input record it is due to.</param>
/// <param name="Mark">Which result of which input record it is; see <see cref="RecordContext.NextMark"/>.</param>
internal readonly record struct SentResult(TaskContext Task, Node Node, RecordOrigin Origin, long Mark)
{
    /// <summary>How many records the producer had taken before it.</summary>
    public long Number { get; init; }
}
