using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StreamFlow.Broker;
using StreamFlowNamespace;

var builder = WebApplication.CreateBuilder(args);
if (builder.Environment.IsDevelopment())
{
    // The application works on it because its settings name no other brokers.
    var broker = builder.Configuration.GetSection("Broker");
    builder.Services.AddEmbeddedBroker(new EmbeddedBrokerOptions
    {
        Port = broker.GetValue<int>("Port"),
        DataDirectory = broker["DataDirectory"],
        Topics = [new BrokerTopic(Pipeline.Readings, Partitions: 4), new BrokerTopic(Pipeline.Averages, Partitions: 4)],
    });
}

builder.Services.AddStreamFlow("StreamFlowApplication", (topology, _) => Pipeline.Describe(topology));
builder.Services.AddHealthChecks().AddStreamFlow();

var app = builder.Build();

// What is wrong, in words; for people.
app.MapHealthChecks("/health", new HealthCheckOptions
{
    ResponseWriter = (context, report) =>
        context.Response.WriteAsync($"{report.Status}\n{string.Join('\n', report.Entries.Select(entry => entry.Value.Description))}\n"),
});

// Alive also while state is restored, which takes its time; ready only when all is being processed.
app.MapHealthChecks("/health/live");
app.MapHealthChecks("/health/ready", new HealthCheckOptions
{
    ResultStatusCodes = { [HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable },
});
await app.RunAsync();
