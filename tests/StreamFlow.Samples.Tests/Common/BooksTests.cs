namespace StreamFlow.Samples.Tests.Common;

public sealed class BooksTests
{
    private readonly Books _books = new();

    [Fact]
    public void Sums_balance_when_they_are_equal()
    {
        var sum = _books.Sum("money");
        sum.Expect(100);
        sum.See(60);
        Assert.Equal("NOT BALANCED", Verdict());
        sum.See(40);
        Assert.Equal("BALANCED", Verdict());
    }

    [Fact]
    public void What_comes_twice_or_not_at_all_or_unasked_does_not_balance()
    {
        var once = _books.Once<string>("orders");
        once.Expect("a");
        once.Expect("b");
        once.See("a");
        Assert.False(once.Balances);
        once.See("b");
        Assert.True(once.Balances);
        once.See("b");
        once.See("c");
        Assert.False(once.Balances);
        Assert.Equal((2, 1), (once.Expected, once.Seen));
        Assert.Equal(["'b' 1 expected, 2 seen", "'c' nothing expected, 1 seen"], once.Differences.Order());
    }

    [Fact]
    public void Rows_balance_whatever_comes_first()
    {
        var rows = _books.Table<string, long>("stock");
        rows.See("pens", 7);
        Assert.False(rows.Balances);
        rows.Expect("pens", 9);
        rows.See("pens", 9);
        Assert.True(rows.Balances);
        rows.Expect("pens", v => v - 1, 0);
        Assert.Equal(["'pens' 8 expected, 9 seen"], rows.Differences);
        rows.See("pens", v => v - 1, 0);
        rows.See("caps", 1);
        rows.SeeNone("caps");
        Assert.True(rows.Balances);
        rows.ExpectNone("pens");
        Assert.Equal(["'pens' nothing expected, 8 seen"], rows.Differences);
    }

    [Fact]
    public void Of_many_differences_the_first_are_told()
    {
        var once = _books.Once<int>("orders");
        for (var i = 0; i < 9; i++)
        {
            once.Expect(i);
        }

        Assert.Equal(6, once.Differences.Count);
        Assert.Equal("and 4 more", once.Differences[^1]);
    }

    [Fact]
    public void Books_of_a_run_that_generated_nothing_do_not_balance()
    {
        _books.Sum("money");
        Assert.Equal("NOT BALANCED", Verdict());
        Assert.Contains("nothing was generated", Printed(), StringComparison.Ordinal);
    }

    [Fact]
    public void Books_whose_results_cannot_be_read_do_not_balance()
    {
        var sum = _books.Sum("money");
        sum.Expect();
        sum.See();
        using var output = new StringWriter();
        _books.Print(output, isComplete: false);
        Assert.EndsWith("NOT BALANCED\n", output.ToString().ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private string Verdict() => Printed().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];

    private string Printed()
    {
        using var output = new StringWriter { NewLine = "\n" };
        _books.Print(output, isComplete: true);
        return output.ToString();
    }
}
