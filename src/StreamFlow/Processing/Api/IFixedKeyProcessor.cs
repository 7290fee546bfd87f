namespace StreamFlow;

/// <summary>
/// A processor that cannot change keys, so that what comes behind it needs no repartition topic; else as
/// <see cref="IProcessor{TKeyIn, TValueIn, TKeyOut, TValueOut}"/>.
/// </summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValueIn">Type of the values it takes.</typeparam>
/// <typeparam name="TValueOut">Type of the values it forwards.</typeparam>
public interface IFixedKeyProcessor<TKey, TValueIn, TValueOut>
{
    /// <summary>
    /// Called once before the first record, when the stores are complete: keep the context, look stores up, schedule
    /// punctuations. Nothing can be forwarded yet.
    /// </summary>
    /// <param name="context">What it works with.</param>
    void Init(FixedKeyProcessorContext<TKey, TValueOut> context)
    {
    }

    /// <summary>
    /// Processes a record. What it throws goes to the processing error handler; what was forwarded until then stays.
    /// </summary>
    /// <param name="record">The record; its key or value may be missing.</param>
    void Process(FixedKeyRecord<TKey, TValueIn> record);

    /// <summary>Called when the task leaves its thread, or is done again from its last commit: give resources back.</summary>
    void Close()
    {
    }
}

/// <summary>Makes a processor for each task: a new one at each call.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValueIn">Type of the values it takes.</typeparam>
/// <typeparam name="TValueOut">Type of the values it forwards.</typeparam>
/// <returns>The processor.</returns>
public delegate IFixedKeyProcessor<TKey, TValueIn, TValueOut> FixedKeyProcessorSupplier<TKey, TValueIn, TValueOut>();

/// <summary>A processor that cannot change keys and has its context at hand.</summary>
/// <inheritdoc cref="IFixedKeyProcessor{TKey, TValueIn, TValueOut}"/>
/// <example><code>
/// sealed class Enrich : ContextualFixedKeyProcessor&lt;string, Order, string&gt;
/// {
///     public override void Process(FixedKeyRecord&lt;string, Order&gt; record) =>
///         Context.Forward(record.WithValue($"{record.Value.Id} of {Context.RecordMetadata?.Partition}"));
/// }
/// </code></example>
public abstract class ContextualFixedKeyProcessor<TKey, TValueIn, TValueOut> : IFixedKeyProcessor<TKey, TValueIn, TValueOut>
{
    private FixedKeyProcessorContext<TKey, TValueOut>? _context;

    /// <summary>What the processor works with; there from <see cref="Init"/> on.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Init"/> was overridden without calling the one of the base.</exception>
    protected FixedKeyProcessorContext<TKey, TValueOut> Context =>
        _context ?? throw new InvalidOperationException(
            $"{GetType().Name} has no context yet. It comes with Init: where you override that, call base.Init(context) first.");

    /// <inheritdoc/>
    public virtual void Init(FixedKeyProcessorContext<TKey, TValueOut> context) => _context = context;

    /// <inheritdoc/>
    public abstract void Process(FixedKeyRecord<TKey, TValueIn> record);

    /// <inheritdoc/>
    public virtual void Close()
    {
    }
}
