namespace StreamFlow.Cli.Output;

/// <summary>A column: its title for people, and its name in JSON.</summary>
/// <param name="Title">As people read it.</param>
/// <param name="Name">The property in JSON; stable.</param>
/// <param name="IsNumber">Aligned to the right.</param>
internal readonly record struct Column(string Title, string Name, bool IsNumber = false);

/// <summary>
/// A result as rows, which is shown as a table or as a JSON array of objects. A cell is a string, a whole or real number, a truth
/// value, a list of numbers or strings, or null.
/// </summary>
internal sealed class Table(params Column[] columns)
{
    private readonly List<object?[]> _rows = [];

    public IReadOnlyList<Column> Columns { get; } = columns;

    public IReadOnlyList<object?[]> Rows => _rows;

    public void Add(params object?[] cells)
    {
        if (cells.Length != Columns.Count)
        {
            throw new ArgumentException($"A row of {cells.Length} cells was added to a table of {Columns.Count} columns.", nameof(cells));
        }

        _rows.Add(cells);
    }
}
