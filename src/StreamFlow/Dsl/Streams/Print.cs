using System.Globalization;
using StreamFlow.Dsl;
using StreamFlow.Planning;
using StreamFlow.Processing;

namespace StreamFlow;

public sealed partial class KStream<TKey, TValue>
{
    private const string PrinterPrefix = "KSTREAM-PRINTER-";

    /// <summary>
    /// Ends the stream in text, a line for each record: <c>[label]: key, value</c>. For looking at a topology while it is
    /// developed; a missing key or value is <c>null</c>.
    /// </summary>
    /// <param name="printed">Where to, and how.</param>
    /// <exception cref="TopologyException">The name is none, or taken.</exception>
    /// <example><code>orders.Print(new() { Writer = Console.Out, Label = "orders" })</code></example>
    public void Print(Printed<TKey, TValue> printed)
    {
        ArgumentNullException.ThrowIfNull(printed);
        var writer = TextWriter.Synchronized(printed.Writer);
        var label = printed.Label ?? _output.Owner.Name;
        var mapper = printed.Mapper ?? Text;
        OperatorFactory<TKey, TValue, TKey, TValue> factory = (node, task, _) =>
            new PrintProcessor<TKey, TValue>(node, task, writer, $"[{label}]: ", mapper);
        AddOperator(printed.Name, PrinterPrefix, factory);
    }

    private static string Text(Record<TKey, TValue> record) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(record.HasKey ? record.Key : "null")}, {(record.HasValue ? record.Value : "null")}");
}

/// <summary>How records are printed.</summary>
/// <typeparam name="TKey">Type of the keys.</typeparam>
/// <typeparam name="TValue">Type of the values.</typeparam>
public sealed record Printed<TKey, TValue>
{
    /// <summary>
    /// Takes the lines: <c>Console.Out</c>, or a <c>StreamWriter</c> of a file, which stays yours to dispose of. It is
    /// flushed when a task is closed, and used by one thread at a time.
    /// </summary>
    public required TextWriter Writer { get; init; }

    /// <summary>What stands in brackets before each record.</summary>
    /// <value>Default: the name of the operator that the records come from.</value>
    public string? Label { get; init; }

    /// <summary>Makes the text of a record.</summary>
    /// <value>Default: <c>key, value</c>.</value>
    public Func<Record<TKey, TValue>, string>? Mapper { get; init; }

    /// <summary>Name of the operator.</summary>
    /// <value>Default: generated, as <c>KSTREAM-PRINTER-0000000001</c>.</value>
    public string? Name { get; init; }
}

internal sealed class PrintProcessor<TKey, TValue>(
    string name, TaskContext task, TextWriter writer, string begin, Func<Record<TKey, TValue>, string> mapper)
    : Processor<TKey, TValue>(name)
{
    public override void Process(in Record<TKey, TValue> record)
    {
        try
        {
            writer.WriteLine(begin + mapper(record));
        }
        catch (Exception e)
        {
            task.Errors.Handle(task, this, in record, ErrorStage.Processing, e);
        }
    }

    public override void Close() => writer.Flush();
}
