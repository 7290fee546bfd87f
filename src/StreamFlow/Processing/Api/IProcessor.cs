namespace StreamFlow;

/// <summary>
/// A processor of your own: takes records one by one, keeps state, forwards any number of records. Each task has one of its
/// own, which its thread alone uses, so it needs no locks; after an abort it is made anew. Derive from
/// <see cref="ContextualProcessor{TKeyIn, TValueIn, TKeyOut, TValueOut}"/> to have the context at hand.
/// </summary>
/// <typeparam name="TKeyIn">Type of the keys it takes.</typeparam>
/// <typeparam name="TValueIn">Type of the values it takes.</typeparam>
/// <typeparam name="TKeyOut">Type of the keys it forwards.</typeparam>
/// <typeparam name="TValueOut">Type of the values it forwards.</typeparam>
public interface IProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut>
{
    /// <summary>
    /// Called once before the first record, when the stores are complete: keep the context, look stores up, schedule
    /// punctuations. Nothing can be forwarded yet.
    /// </summary>
    /// <param name="context">What it works with.</param>
    void Init(ProcessorContext<TKeyOut, TValueOut> context)
    {
    }

    /// <summary>
    /// Processes a record. What it throws goes to the processing error handler; what was forwarded until then stays.
    /// </summary>
    /// <param name="record">The record; its key or value may be missing, see <see cref="Record{TKey, TValue}.HasKey"/>.</param>
    void Process(Record<TKeyIn, TValueIn> record);

    /// <summary>Called when the task leaves its thread, or is done again from its last commit: give resources back.</summary>
    void Close()
    {
    }
}

/// <summary>Makes a processor for each task: a new one at each call.</summary>
/// <typeparam name="TKeyIn">Type of the keys it takes.</typeparam>
/// <typeparam name="TValueIn">Type of the values it takes.</typeparam>
/// <typeparam name="TKeyOut">Type of the keys it forwards.</typeparam>
/// <typeparam name="TValueOut">Type of the values it forwards.</typeparam>
/// <returns>The processor.</returns>
public delegate IProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut> ProcessorSupplier<TKeyIn, TValueIn, TKeyOut, TValueOut>();

/// <summary>A processor that has its context at hand.</summary>
/// <inheritdoc cref="IProcessor{TKeyIn, TValueIn, TKeyOut, TValueOut}"/>
/// <example><code>
/// sealed class Deduplicate : ContextualProcessor&lt;string, Order, string, Order&gt;
/// {
///     private IKeyValueStore&lt;string, long&gt; _seen = null!;
///
///     public override void Init(ProcessorContext&lt;string, Order&gt; context)
///     {
///         base.Init(context);
///         _seen = context.GetStateStore&lt;IKeyValueStore&lt;string, long&gt;&gt;("seen");
///     }
///
///     public override void Process(Record&lt;string, Order&gt; record)
///     {
///         if (_seen.PutIfAbsent(record.Key, record.Timestamp, record.Timestamp))
///         {
///             Context.Forward(record);
///         }
///     }
/// }
/// </code></example>
public abstract class ContextualProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut>
    : IProcessor<TKeyIn, TValueIn, TKeyOut, TValueOut>
{
    private ProcessorContext<TKeyOut, TValueOut>? _context;

    /// <summary>What the processor works with; there from <see cref="Init"/> on.</summary>
    /// <exception cref="InvalidOperationException"><see cref="Init"/> was overridden without calling the one of the base.</exception>
    protected ProcessorContext<TKeyOut, TValueOut> Context =>
        _context ?? throw new InvalidOperationException(
            $"{GetType().Name} has no context yet. It comes with Init: where you override that, call base.Init(context) first.");

    /// <inheritdoc/>
    public virtual void Init(ProcessorContext<TKeyOut, TValueOut> context) => _context = context;

    /// <inheritdoc/>
    public abstract void Process(Record<TKeyIn, TValueIn> record);

    /// <inheritdoc/>
    public virtual void Close()
    {
    }
}
