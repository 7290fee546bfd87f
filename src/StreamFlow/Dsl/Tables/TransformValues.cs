using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;
using StreamFlow.Records;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow;

public sealed partial class KTable<TKey, TValue>
{
    private const string TransformValuesPrefix = "KTABLE-TRANSFORMVALUES-";

    /// <summary>
    /// The rows with new values that a transformer of your own makes, which has state stores and the record's metadata. Other than a
    /// mapper it is also called for deletions, and once for each update: what it answers may depend on what it has seen, so rows
    /// that somebody looks up, or whose values before are needed, are kept and not made again.
    /// </summary>
    /// <typeparam name="TNewValue">Type of the new values.</typeparam>
    /// <param name="supplier">Makes the transformer: a new one at each call, for each task has one.</param>
    /// <param name="options">Name of the operator, by default generated, as <c>KTABLE-TRANSFORMVALUES-0000000003</c>, and its stores.</param>
    /// <param name="materialized">
    /// The result's own store, with a <see cref="Materialized{TKey, TValue}.Name"/> to be queried by. Its
    /// <see cref="Materialized{TKey, TValue}.ProcessorName"/> is not used: the operator's name is among the options.
    /// </param>
    /// <returns>The rows with their new values.</returns>
    /// <exception cref="ArgumentException">The supplier makes the same transformer again, or the operator is named twice.</exception>
    /// <exception cref="TopologyException">A name is none, or taken.</exception>
    /// <example><code>totals.TransformValues(() => new Rank(), new() { StoreNames = ["names"] })</code></example>
    public KTable<TKey, TNewValue> TransformValues<TNewValue>(
        ValueTransformerSupplier<TKey, TValue, TNewValue> supplier, ProcessorOptions? options = null,
        Materialized<TKey, TNewValue>? materialized = null)
    {
        ArgumentNullException.ThrowIfNull(supplier);
        Suppliers.Check(supplier.Invoke);
        if (materialized?.ProcessorName is { } twice)
        {
            throw new ArgumentException(
                $"Materialized.ProcessorName is '{twice}', but the operator's name is ProcessorOptions.Name. Set that.", nameof(materialized));
        }

        var view = DescribeView(materialized, TransformValuesPrefix, SerdeSource<TNewValue>.Registered);
        var name = _graph.NodeName(options?.Name, TransformValuesPrefix);
        materialized ??= new Materialized<TKey, TNewValue>();
        var store = view.Rows?.Store ?? TableStore.Describe(
            name + "-STATE-STORE", _keys.Or(materialized.KeySerde), SerdeSource<TNewValue>.Registered.Or(materialized.ValueSerde), materialized);
        var node = new OperatorNode<TKey, Change<TValue>, TKey, Change<TNewValue>>(
            name,
            [_output],
            (setup, next) => new TableTransformProcessor<TKey, TValue, TNewValue>(
                setup,
                view.IsKept || setup.Facts.KeepsRows
                    ? new KeepingProcessor<TKey, TNewValue>(
                        setup,
                        new KeyedMaterialization<TKey, TNewValue>(setup, next, store.Name, materialized.CachingEnabled),
                        leavesOutNothing: false)
                    : next,
                supplier))
        {
            ChangesValue = true,
            Rows = view.Rows ?? new RowsDescription(store, OnDemand: true) { AreSafe = true },
        };
        _graph.Add(node);
        _graph.Connect(name, options);
        return view.Table((_graph, node.Output), _keys, SerdeSource<TNewValue>.Registered, new StoredRows<TKey, TNewValue>(store.Name));
    }
}

/// <summary>Runs a transformer of the user's over the updates of a table.</summary>
internal sealed class TableTransformProcessor<TKey, TValue, TNewValue> : Processor<TKey, Change<TValue>>
{
    private readonly TaskContext _task;
    private readonly Processor<TKey, Change<TNewValue>> _next;
    private readonly IValueTransformer<TKey, TValue, TNewValue> _transformer;
    private readonly TaskProcessorHost _host;

    public TableTransformProcessor(
        NodeSetup setup, Processor<TKey, Change<TNewValue>> next, ValueTransformerSupplier<TKey, TValue, TNewValue> supplier)
        : base(setup.Name)
    {
        _task = setup.Task;
        _next = next;
        _transformer = supplier() ?? throw new StreamsException(
            $"The supplier of {Name} has made nothing. It must make a new transformer at each call.");
        _host = new TaskProcessorHost(this, setup.Task, setup.Stores());
    }

    public override void Init(TaskContext context)
    {
        try
        {
            _transformer.Init(new TransformContext(_host));
        }
        catch (Exception e) when (e is not StreamsException)
        {
            throw new StreamsException($"The transformer of {Name} of task {_task.TaskId} failed in Init: {e.Message}", e);
        }
    }

    public override void Process(in Record<TKey, Change<TValue>> record)
    {
        var change = record.Value;
        Change<TNewValue> made;
        try
        {
            var value = _transformer.Transform(record.Key, change.HasNew ? new ValueAndTimestamp<TValue>(change.New, record.Timestamp) : null)!;
            made = new Change<TNewValue>(value, !Missing.Is(value), default!, hasOld: false, change.IsLatest);
        }
        catch (Exception e)
        {
            _task.Errors.Handle(_task, this, in record, ErrorStage.Processing, e);
            return;
        }

        _next.Process(record.WithValue(made));
    }

#pragma warning disable CA1031 // It is the user's; the task is gone whatever it throws, and others are to be closed.
    public override void Close()
    {
        try
        {
            _transformer.Close();
        }
        catch (Exception e)
        {
            ProcessingLog.CloseFailed(_task.Logger, e, _task.TaskId, Name);
        }
        finally
        {
            _host.Close();
        }
    }
#pragma warning restore CA1031
}
