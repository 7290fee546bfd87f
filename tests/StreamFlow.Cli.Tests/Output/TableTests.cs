using System.Text;
using System.Text.RegularExpressions;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Tests.Output;

/// <summary>The forms of results, which scripts and people rely on.</summary>
public sealed partial class TableTests
{
    [Fact]
    public void For_a_terminal_it_is_drawn() => Assert.Equal(
        """
        ╭──────────┬───────┬──────┬─────╮
        │ Topic    │ Bytes │ In   │ Set │
        ├──────────┼───────┼──────┼─────┤
        │ orders   │ 12345 │ 1,2  │ yes │
        │ a\u000ab │     - │ a, b │ no  │
        ╰──────────┴───────┴──────┴─────╯

        """,
        Bold().Replace(Written(80, TableText.Write), ""));

    [Fact]
    public void For_a_pipe_it_is_plain_columns() => Assert.Equal(
        """
        TOPIC     BYTES  IN    SET
        orders    12345  1,2   yes
        a\u000ab      -  a, b  no

        """,
        Written(null, TableText.Write));

    [Fact]
    public void For_programs_it_is_an_array_of_objects() => Assert.Equal(
        """
        [
          {
            "topic": "orders",
            "bytes": 12345,
            "inSyncReplicas": [
              1,
              2
            ],
            "executed": true
          },
          {
            "topic": "a\nb",
            "bytes": null,
            "inSyncReplicas": [
              "a",
              "b"
            ],
            "executed": false
          }
        ]

        """,
        Written(null, TableJson.Write));

    [Fact]
    public void A_row_of_other_cells_is_a_mistake_of_the_program() =>
        Assert.Throws<ArgumentException>(() => new Table(new Column("A", "a")).Add("x", "y"));

    [GeneratedRegex("\u001b\\[[0-9;]*m")]
    private static partial Regex Bold();

    private static string Written(int? width, Action<Table, Terminal> write)
    {
        using MemoryStream output = new();
        using Terminal terminal = new(Stream.Null, output, TextWriter.Null, width);
        Table table = new(new("Topic", "topic"), new("Bytes", "bytes", true), new("In", "inSyncReplicas"), new("Set", "executed"));
        table.Add("orders", 12345L, new[] { 1, 2 }, true);
        table.Add("a\nb", null, new List<string> { "a", "b" }, false);
        write(table, terminal);
        terminal.Out.Flush();
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
