using StreamFlow.State;

namespace StreamFlow;

/// <summary>
/// Makes the rows of a table from those of another, with stores and the record's metadata at hand (Kafka's
/// <c>ValueTransformerWithKey</c>). It forwards nothing: what it returns is the row.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values it takes.</typeparam>
/// <typeparam name="TNewValue">Type of the values it makes.</typeparam>
/// <example><code>
/// sealed class Rank : IValueTransformer&lt;string, long, string&gt;
/// {
///     private IKeyValueStore&lt;string, string&gt; _names = null!;
///
///     public void Init(ProcessingContext context) => _names = context.GetStateStore&lt;IKeyValueStore&lt;string, string&gt;&gt;("names");
///
///     public string? Transform(string key, ValueAndTimestamp&lt;long&gt;? row) =>
///         row is { } total &amp;&amp; _names.TryGet(key, out var name) ? $"{name}: {total.Value}" : null;
/// }
/// </code></example>
public interface IValueTransformer<TKey, TValue, TNewValue>
{
    /// <summary>Called once before the first row, when the stores are complete: look stores up, schedule punctuations.</summary>
    /// <param name="context">What it works with.</param>
    void Init(ProcessingContext context)
    {
    }

    /// <summary>Makes a row. Also called for deletions; what it throws goes to the processing error handler.</summary>
    /// <param name="key">The key.</param>
    /// <param name="row">The row of the table before; null where it is deleted.</param>
    /// <returns>The new row; <see langword="null"/> deletes it.</returns>
    TNewValue? Transform(TKey key, ValueAndTimestamp<TValue>? row);

    /// <summary>Called when the task leaves its thread, or is done again from its last commit: give resources back.</summary>
    void Close()
    {
    }
}

/// <summary>Makes a transformer for each task: a new one at each call.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values it takes.</typeparam>
/// <typeparam name="TNewValue">Type of the values it makes.</typeparam>
/// <returns>The transformer.</returns>
public delegate IValueTransformer<TKey, TValue, TNewValue> ValueTransformerSupplier<TKey, TValue, TNewValue>();
