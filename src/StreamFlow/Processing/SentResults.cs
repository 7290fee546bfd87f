using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>
/// What the records that a producer has taken are due to, by the numbers of its records, for as long as they may still
/// fail. Of one thread; used by the collectors of all its tasks.
/// </summary>
internal sealed class SentResults
{
    /// <summary>More records than a producer holds (<c>queue.buffering.max.messages</c>, here 20,000): older ones are delivered.</summary>
    public const int Capacity = 1 << 15;
    private SentResult[] _results = [];
    private long _taken;
    private long _settled;

    /// <summary>The producer took a record.</summary>
    public void Took(in SentResult result)
    {
        if (_results.Length == 0)
        {
            _results = new SentResult[Capacity];
        }

        _results[_taken & (Capacity - 1)] = result with { Number = _taken };
        _taken++;
    }

    /// <summary>The record with a number; false when it is older than a producer's queue is long.</summary>
    public bool TryFind(long number, out SentResult result)
    {
        result = _results.Length == 0 ? default : _results[number & (Capacity - 1)];
        return result.Operator is not null && result.Number == number;
    }

    /// <summary>All that was taken is delivered, or has failed and been dealt with.</summary>
    public void Settle()
    {
        if (_results.Length > 0)
        {
            // No task may be kept alive by a result that it has sent.
            var count = (int)Math.Min(Capacity, _taken - _settled);
            var start = (int)((_taken - count) & (Capacity - 1));
            var upToEnd = Math.Min(count, Capacity - start);
            Array.Clear(_results, start, upToEnd);
            Array.Clear(_results, 0, count - upToEnd);
        }

        _settled = _taken;
    }

    /// <summary>Another producer counts from the beginning.</summary>
    public void Restart()
    {
        Settle();
        _taken = _settled = 0;
    }
}

/// <summary>A record on its way to the broker: a result, a row of a changelog, a dead letter.</summary>
/// <param name="Task">The task it comes from.</param>
/// <param name="Operator">Name of the operator or store that sent it.</param>
/// <param name="Origin">The input record it is due to.</param>
/// <param name="Mark">Which result of which input record it is; see <see cref="RecordContext.NextMark"/>.</param>
/// <param name="Letter">What it is about if it is a dead letter; otherwise null.</param>
internal readonly record struct SentResult(
    TaskContext Task, string Operator, RecordOrigin Origin, long Mark, DeadLetter? Letter = null)
{
    /// <summary>How many records the producer had taken before it.</summary>
    public long Number { get; init; }
}
