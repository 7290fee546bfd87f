using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace StreamFlow.OpenTelemetry.Tests;

/// <summary>Takes traces by OTLP over HTTP, as an OpenTelemetry collector does, and draws them as trees.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly ConcurrentQueue<CollectedSpan> _spans = new();

    private TraceCollector(WebApplication application) => _application = application;

    public Uri Endpoint => new(_application.Urls.First() + "/v1/traces");

    public IReadOnlyList<CollectedSpan> Spans => [.. _spans];

    public static async Task<TraceCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new TraceCollector(builder.Build());
        collector._application.MapPost("/v1/traces", collector.TakeAsync);
        await collector._application.StartAsync();
        return collector;
    }

    /// <summary>The traces of some spans: each span below its parent, with its kind, time, id, links and attributes.</summary>
    public string Draw(IEnumerable<string> traceIds)
    {
        var text = new StringBuilder();
        var spans = Spans;
        foreach (var traceId in traceIds)
        {
            var trace = spans.Where(span => span.TraceId == traceId).OrderBy(span => span.Start).ToList();
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"trace {traceId}");
            foreach (var root in trace.Where(span => trace.TrueForAll(other => other.SpanId != span.ParentId)))
            {
                Draw(text, trace, root, 1);
            }
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private static void Draw(StringBuilder text, List<CollectedSpan> trace, CollectedSpan span, int depth)
    {
        var indent = new string(' ', depth * 2);
        var links = span.Links.Count == 0 ? string.Empty : $" links: {string.Join(' ', span.Links)}";
        text.AppendLine(
            System.Globalization.CultureInfo.InvariantCulture,
            $"{indent}{span.Name} [{span.Kind}] {span.Duration.TotalMilliseconds:0.000} ms id: {span.SpanId}{links}");
        if (span.Attributes.Count > 0)
        {
            text.AppendLine(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{indent}    {string.Join(' ', span.Attributes.Select(a => $"{a.Key}={a.Value}"))}");
        }

        foreach (var child in trace.Where(other => other.ParentId == span.SpanId))
        {
            Draw(text, trace, child, depth + 1);
        }
    }

    private async Task TakeAsync(HttpContext context)
    {
        Assert.Equal("application/x-protobuf", context.Request.ContentType);
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        foreach (var span in CollectedSpan.Decode(body.ToArray()))
        {
            _spans.Enqueue(span);
        }

        context.Response.StatusCode = (int)HttpStatusCode.OK;
    }
}
