using System.Net;
using System.Text.RegularExpressions;

namespace StreamFlow.Samples.Tests.Common;

public sealed class SampleMetricsTests
{
    [Fact]
    public async Task Prometheus_is_told_what_the_application_does_and_by_any_name_where_the_page_is_for_others()
    {
        using var stop = new CancellationTokenSource();
        using var output = new StringWriter();
        var settings = new SampleSettings { Rate = 100, Port = 0, Plain = true, Listen = IPAddress.Any };
        var running = SampleHost.RunAsync(settings, new EchoSample(), new SampleOutput(output, output), stop.Token);
        await Until.TrueAsync(() => output.ToString().Contains('\n'), "the address is told");
        using var http = new HttpClient
        {
            BaseAddress = new Uri($"http://127.0.0.1:{Regex.Match(output.ToString(), @"http://0\.0\.0\.0:(\d+)/").Groups[1]}"),
        };
        var metrics = "";
        await Until.TrueAsync(
            () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
                request.Headers.Host = "fraud-detection:5080";
                metrics = http.Send(request).Content.ReadAsStringAsync().GetAwaiter().GetResult();
                return metrics.Contains("streamflow_task_processed_total", StringComparison.Ordinal);
            },
            "records are counted");
        Assert.Contains("streamflow_application_state", metrics, StringComparison.Ordinal);

        // How it runs is not shown to others.
        Assert.DoesNotContain("/streamflow", output.ToString(), StringComparison.Ordinal);
        using var live = await http.GetAsync(new Uri("/streamflow/", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, live.StatusCode);
        await stop.CancelAsync();
        Assert.Equal(0, await running);
    }
}
