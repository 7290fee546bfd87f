using System.Diagnostics.CodeAnalysis;

namespace StreamFlow;

/// <summary>Makes what stands round a processor in a task: a new one at each call.</summary>
/// <typeparam name="TKey">Type of the keys that the processor takes.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
/// <returns>What stands round it.</returns>
public delegate IRecordWrapper<TKey, TValue> ProcessorWrapperSupplier<TKey, TValue>();

/// <summary>What stands round one processor in one task, and sees each record that it takes.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public interface IRecordWrapper<TKey, TValue>
{
    /// <summary>Called once before the first record, when the stores are complete.</summary>
    /// <param name="context">Gives the stores that the processor is connected to, and those added to it; may schedule punctuations.</param>
    void Init(ProcessingContext context)
    {
    }

    /// <summary>
    /// Called in place of the processor. What this throws goes to the processing error handler, as the processor's own failures do before
    /// they get here.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <param name="processor">The processor: called with the record or another one, once, several times, or not at all.</param>
    void Process(in Record<TKey, TValue> record, WrappedCall<TKey, TValue> processor);

    /// <summary>Called when the task leaves its thread, or is done again from its last commit.</summary>
    void Close()
    {
    }
}

/// <summary>The processor inside of a wrapper.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
[SuppressMessage("Performance", "CA1815", Justification = "Nobody compares calls.")]
public readonly struct WrappedCall<TKey, TValue>
{
    private readonly Processing.Processor<TKey, TValue> _processor;

    internal WrappedCall(Processing.Processor<TKey, TValue> processor) => _processor = processor;

    /// <summary>Processes a record, with all that comes of it.</summary>
    /// <param name="record">The record; its timestamp must not be negative.</param>
    /// <exception cref="ArgumentException">The timestamp is negative.</exception>
    public void Process(in Record<TKey, TValue> record)
    {
        if (record.Timestamp < 0)
        {
            throw new ArgumentException($"The timestamp {record.Timestamp} is no event time. Keep that of the record you got.", nameof(record));
        }

        _processor.Process(in record);
    }
}
