using System.Text.RegularExpressions;
using StreamFlow.IntegrationTests.Support;

namespace StreamFlow.IntegrationTests.Sample;

/// <summary>The sample from the generator to the closed books, as <c>run.sh</c> starts it.</summary>
public sealed partial class OrderCountsTests
{
    private static readonly string[] Run = ["--orders", "45000", "--seed", "7", "--plain"];

    [Fact]
    public async Task The_books_balance_on_the_embedded_broker()
    {
        var books = await BalancedAsync(Run);

        Assert.Equal(45_000, books.Generated);
        Assert.True(books.Late > 0 && books.Malformed > 0 && books.Filtered > 0, $"{books}");
    }

    [Fact]
    public async Task A_wrong_book_ends_with_an_error()
    {
        await using var cluster = await EmbeddedCluster.StartAsync();
        using var worker = WorkerProcess.Start(
            "--bootstrap-servers", cluster.BootstrapServers, "--generate", "1000000", "--rate", "500", "--plain");
        await worker.UntilSaysAsync("window");

        // An order that the generator did not make: the books cannot balance with it.
        new Probe(cluster.BootstrapServers).Produce(OrderLoad.Orders, ("foreign", "not an order", 0));
        var exitCode = await worker.TerminateAsync();

        Assert.Equal(1, exitCode);
        Assert.Equal("NOT BALANCED", worker.Lines[^1]);
    }

    /// <summary>It is not waited for: nobody can ever answer there.</summary>
    [Fact]
    public async Task What_is_no_address_is_told_with_what_to_write()
    {
        using var worker = WorkerProcess.Start("--bootstrap-servers", "http://localhost:9092", "--orders", "5", "--plain");

        Assert.Equal(1, await worker.ExitAsync());
        await Until.TrueAsync(() => worker.Output.Contains("--bootstrap-servers: ", StringComparison.Ordinal), "the mistake", () => worker.Output);
        Assert.Contains("Kafka's protocol is not 'http'. Write 'localhost:9092'.", worker.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("No broker answers", worker.Output, StringComparison.Ordinal);
    }

    /// <summary>There are no books to close.</summary>
    [Fact]
    public async Task A_run_of_some_seconds_without_orders_does_not_say_that_it_balances()
    {
        using var worker = WorkerProcess.Start("--orders", "0", "--duration", "1", "--plain");

        Assert.Equal(0, await worker.ExitAsync());
        await Until.TrueAsync(() => worker.Output.Contains("orders in 0 = ", StringComparison.Ordinal), "the summary", () => worker.Output);
        Assert.DoesNotContain("BALANCED", worker.Output, StringComparison.Ordinal);
    }

    /// <summary>Runs the sample, which must end well.</summary>
    internal static async Task<Books> BalancedAsync(params string[] arguments)
    {
        using var worker = WorkerProcess.Start(arguments);
        var exitCode = await worker.ExitAsync();
        await Until.TrueAsync(() => worker.Lines.Contains("BALANCED"), "BALANCED", () => worker.Output);
        Assert.True(exitCode == 0, worker.Output);
        Assert.Equal("BALANCED", worker.Lines[^1]);
        var match = BooksLine().Match(worker.Output);
        long Number(string group) => long.Parse(
            match.Groups[group].Value, System.Globalization.NumberStyles.AllowThousands, System.Globalization.CultureInfo.InvariantCulture);
        return new Books(
            Number("in"), Number("counted"), Number("filtered"), Number("late"), Number("malformed"),
            match.Groups["print"].Value);
    }

    [GeneratedRegex(
        "orders in (?<in>\\S+) = counted (?<counted>\\S+) \\+ filtered (?<filtered>\\S+) \\+ late (?<late>\\S+) "
        + "\\+ malformed (?<malformed>\\S+)\n(.*\n)*?counts fingerprint (?<print>[0-9a-f]+)")]
    private static partial Regex BooksLine();

    internal sealed record Books(
        long Generated, long Counted, long Filtered, long Late, long Malformed, string Fingerprint);
}

/// <summary>The sample on Apache Kafka does the same as on the embedded broker.</summary>
[Collection(ApacheSampleGroup.Name)]
public sealed class ApacheOrderCountsTests(ApacheFixture fixture)
{
    [SkippableFact]
    public async Task The_books_on_Apache_Kafka_are_those_of_the_embedded_broker()
    {
        var cluster = await fixture.FreshAsync();
        string[] run = ["--orders", "45000", "--seed", "7", "--plain"];
        string[] onApache = [.. run, "--bootstrap-servers", cluster.BootstrapServers, "--application-id", "same-books"];

        var embedded = await OrderCountsTests.BalancedAsync(run);
        var apache = await OrderCountsTests.BalancedAsync(onApache);
        var again = await OrderCountsTests.BalancedAsync(onApache);

        Assert.Equal(embedded, apache);
        Assert.Equal(embedded, again);
    }
}
