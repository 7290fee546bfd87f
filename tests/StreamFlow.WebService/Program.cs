using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace StreamFlow.WebService;

/// <summary>
/// An application as users have it: ASP.NET Core with Kestrel, probes for an orchestrator, and a topology that counts the records
/// of each key of <c>in</c> to <c>out</c>. Tests start it as a process of its own.
/// </summary>
internal static class Program
{
    private const string Name = "web";

    public static async Task<int> Main(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.AddSimpleConsole(o => (o.SingleLine, o.TimestampFormat) = (true, "HH:mm:ss.fff "));
        builder.Services.Configure<HostOptions>(builder.Configuration.GetSection("Host"));
        builder.Services.AddHealthChecks().AddStreamFlow();
        builder.Services.AddStreamFlow(Name, (topology, services) =>
        {
            var pause = services.GetRequiredService<IConfiguration>().GetValue("Pause", 0);
            topology.Stream<string, string>("in")
                .MapValues(v =>
                {
                    Console.WriteLine($"handed over: {v}");
                    CancellationToken.None.WaitHandle.WaitOne(pause);
                    return v;
                })
                .GroupByKey()
                .Count(new() { Name = "counts" })
                .ToStream()
                .MapValues(count => count.ToString(CultureInfo.InvariantCulture))
                .To("out");
        });

        var app = builder.Build();
        app.MapHealthChecks("/live", new HealthCheckOptions { ResponseWriter = WriteAsync });
        app.MapHealthChecks("/ready", new HealthCheckOptions
        {
            ResponseWriter = WriteAsync,
            ResultStatusCodes = { [HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable },
        });
        await app.RunAsync();
        return Environment.ExitCode;
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        var entry = report.Entries[$"streamflow-{Name}"];
        var last = entry.Data.TryGetValue("last.record", out var record) ? $", last record {record}" : string.Empty;
        return context.Response.WriteAsync($"{entry.Status} {entry.Data["phase"]}: {entry.Description}{last}");
    }
}
