using System.Collections.Concurrent;
using StreamFlow.Records;

namespace StreamFlow.Processing;

/// <summary>A record at an operator that failed, as the error handler is shown it. Boxes; nothing that succeeds comes by here.</summary>
internal static class FailedRecord
{
    public static Record<object?, object?> Of<TKey, TValue>(in Record<TKey, TValue> record) =>
        Of(record.HasKey ? record.Key : null, record.HasValue ? record.Value : null, record.Timestamp, record.Headers);

    /// <summary>An update of a table: the row that is to be.</summary>
    public static Record<object?, object?> Of<TKey, TValue>(in Record<TKey, Change<TValue>> record) =>
        Of(record.HasKey ? record.Key : null, record.Value.HasNew ? record.Value.New : null, record.Timestamp, record.Headers);

    /// <summary>
    /// A function that takes a missing key or value for one that is there says no more than that some object was null. The
    /// exception says which, and what to do; the function's own is inside.
    /// </summary>
    public static Exception Explain<TKey, TValue>(in Record<TKey, TValue> record, Exception exception)
    {
        var isKeyNull = default(TKey) is null && !record.HasKey;
        var isValueNull = default(TValue) is null && !record.HasValue;
        if (!(isKeyNull && IsAboutNull<TKey>(exception)) && !(isValueNull && IsAboutNull<TValue>(exception)))
        {
            return exception;
        }

        var what = isKeyNull && isValueNull ? "neither key nor value, a tombstone without a key"
            : isValueNull ? "no value, it is a tombstone"
            : "no key";
        var ask = isKeyNull && isValueNull ? "HasKey and HasValue" : isValueNull ? "HasValue" : "HasKey";
        return new InvalidOperationException(
            $"{Sentences.End(exception.Message)} The record has {what}, and a function of key and value is given null for what is "
            + "missing. Test for null, leave such records out before, or write the function of the record as a whole where the "
            + $"operator has that form, record => ..., and ask {ask}.",
            exception);
    }

    private static Record<object?, object?> Of(object? key, object? value, long timestamp, Headers? headers) =>
        new(key, value, timestamp, headers);

    /// <summary>
    /// Whether an exception is one that null brings about. That of a <see cref="Nullable{T}"/> without a value has no type of
    /// its own.
    /// </summary>
    private static bool IsAboutNull<T>(Exception exception) =>
        exception is NullReferenceException or ArgumentNullException
        || (typeof(T).IsValueType && exception.GetType() == typeof(InvalidOperationException));
}

/// <summary>What failed last at each operator, whatever the handlers answered: as many as there are operators and stores.</summary>
internal sealed class RecordFailures
{
    private readonly ConcurrentDictionary<string, RecordFailure> _last = new(StringComparer.Ordinal);

    /// <summary>The last ones, the latest first. On any thread.</summary>
    public IReadOnlyList<RecordFailure> Last => [.. _last.Values.OrderByDescending(failure => failure.At)];

    /// <summary>One more.</summary>
    public void Add(in ErrorContext error, DateTimeOffset now) => _last[error.Operator] = new RecordFailure(error.Operator, error.Stage, error.TaskId)
    {
        Position = error.Offset < 0 ? null : new RecordPosition(new TopicPartition(error.Topic, error.Partition), error.Offset),
        Error = $"{error.Exception.GetType().Name}: {error.Exception.Message}",
        At = now,
    };
}
