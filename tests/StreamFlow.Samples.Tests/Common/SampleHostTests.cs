using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace StreamFlow.Samples.Tests.Common;

public sealed class SampleHostTests
{
    private static readonly SampleSettings Settings = new() { Count = 500, Port = 0, Plain = true };

    [Fact]
    public async Task A_run_ends_with_books_that_balance()
    {
        var (code, output) = await RunAsync(new EchoSample(), Settings);
        Assert.Equal(0, code);
        Assert.Matches(@"^page http://127\.0\.0\.1:\d+/", output);
        Assert.Contains("  ok        words said, each once: 500", output, StringComparison.Ordinal);
        Assert.EndsWith("BALANCED\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("NOT BALANCED", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_record_is_told_and_makes_the_exit_code_1()
    {
        var sample = new EchoSample { Loses = word => word.EndsWith("-123\"", StringComparison.Ordinal) };
        var (code, output) = await RunAsync(sample, Settings, patience: TimeSpan.FromSeconds(3));
        Assert.Equal(1, code);
        Assert.Contains("  MISMATCH  words said, each once: 500 expected, 499 as expected", output, StringComparison.Ordinal);
        Assert.Matches(@"'\w+-123' 1 expected, nothing seen", output);
        Assert.EndsWith("NOT BALANCED\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_that_cannot_be_read_is_told_and_makes_the_exit_code_1()
    {
        var (code, output) = await RunAsync(new EchoSample { WritesNonsense = true }, Settings);
        Assert.Equal(1, code);
        Assert.Contains("MISMATCH  a result cannot be read", output, StringComparison.Ordinal);
        Assert.EndsWith("NOT BALANCED\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_stopped_in_the_middle_processes_what_was_sent()
    {
        using var stop = new CancellationTokenSource();
        SampleRun? run = null;
        var running = RunAsync(new EchoSample { Built = r => run = r }, Settings with { Count = long.MaxValue, Rate = 100 }, stop: stop.Token);
        await Until.TrueAsync(() => run?.Books.Entries[0].Seen > 50, "fifty words are said");
        await stop.CancelAsync();
        var (code, output) = await running;
        Assert.Equal((0, true), (code, output.EndsWith("\nBALANCED\n", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_duration_ends_a_run()
    {
        var (code, output) = await RunAsync(
            new EchoSample(), Settings with { Count = long.MaxValue, Rate = 50, Duration = TimeSpan.FromSeconds(1) });
        Assert.Equal((0, true), (code, output.EndsWith("\nBALANCED\n", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_page_is_served_with_a_strict_policy_and_to_this_machine_only()
    {
        using var stop = new CancellationTokenSource();
        SampleRun? run = null;
        var output = new StringWriter { NewLine = "\n" };
        var running = SampleHost.RunAsync(
            Settings with { Count = long.MaxValue, Rate = 100 }, new EchoSample { Built = r => run = r }, new SampleOutput(output, output), stop.Token);
        await Until.TrueAsync(() => run?.Books.Entries[0].Seen > 10, "ten words are said");
        using var http = new HttpClient { BaseAddress = new Uri(Regex.Match(output.ToString(), @"http://\S+").Value) };

        using var css = await http.GetAsync(new Uri("common/sample.css", UriKind.Relative));
        Assert.Equal("text/css; charset=utf-8", css.Content.Headers.ContentType!.ToString());
        Assert.StartsWith("default-src 'none';", css.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", css.Headers.GetValues("X-Content-Type-Options").Single());

        using var stranger = new HttpRequestMessage(HttpMethod.Get, "said") { Headers = { Host = "evil.example" } };
        Assert.Equal(HttpStatusCode.BadRequest, (await http.SendAsync(stranger)).StatusCode);

        using (var reader = new StreamReader(await http.GetStreamAsync(new Uri("live", UriKind.Relative))))
        {
            Assert.Matches("""^data: \{"said":\d+,"html":"\\u003Cb\\u003E"\}$""", await reader.ReadLineAsync());
        }

        await stop.CancelAsync();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task A_feed_that_is_open_does_not_hold_the_end_up()
    {
        using var stop = new CancellationTokenSource();
        SampleRun? run = null;
        var output = new StringWriter { NewLine = "\n" };
        var running = SampleHost.RunAsync(
            Settings with { Count = long.MaxValue, Rate = 100 }, new EchoSample { Built = r => run = r }, new SampleOutput(output, output), stop.Token);
        await Until.TrueAsync(() => run?.Books.Entries[0].Seen > 10, "ten words are said");
        using var http = new HttpClient();
        await using var feed = await http.GetStreamAsync(new Uri(Regex.Match(output.ToString(), @"http://\S+").Value + "live"));
        await stop.CancelAsync();
        Assert.Equal(0, await running);
        await using var rest = new MemoryStream();
        await feed.CopyToAsync(rest); // ends, because the sample has ended it
        Assert.NotEqual(0, rest.Length);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error_with_a_remedy()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var errors = new StringWriter();
        var code = await SampleHost.RunAsync(
            Settings with { Port = port }, new EchoSample(), new SampleOutput(TextWriter.Null, errors));
        Assert.Equal(1, code);
        Assert.Matches($@"--port {port}: .+ Give another, or 0 for a free one\.", errors.ToString());
    }

    [Theory]
    [InlineData("http://nowhere:9092", "--bootstrap-servers: ")]
    [InlineData("127.0.0.1:1", "No broker answers at '127.0.0.1:1'. Start one or correct --bootstrap-servers")]
    public async Task Brokers_that_are_not_there_are_told(string servers, string complaint)
    {
        using var errors = new StringWriter();
        var code = await SampleHost.RunAsync(
            Settings with { BootstrapServers = servers }, new EchoSample(), new SampleOutput(TextWriter.Null, errors));
        Assert.Equal(1, code);
        Assert.StartsWith(complaint, errors.ToString(), StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(
        ISample sample, SampleSettings settings, TimeSpan? patience = null, CancellationToken stop = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var errors = new StringWriter();
        var code = await SampleHost.RunAsync(
            settings with { Patience = patience ?? settings.Patience }, sample, new SampleOutput(output, errors), stop);
        Assert.Empty(errors.ToString());
        return (code, output.ToString());
    }
}
