using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>The description of the API is of what is there.</summary>
public sealed class OpenApiTests
{
    private const string Prefix = "/streamflow/api/v1";

    [Fact]
    public async Task Every_endpoint_is_described_and_every_description_has_its_endpoint()
    {
        await using var host = await PageHost.StartAsync();
        var document = await host.GetAsync("openapi.json");
        var described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(p => p.Value.EnumerateObject().Select(m => $"{m.Name.ToUpperInvariant()} {p.Name}")).Order();
        var mapped = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText!.StartsWith(Prefix, StringComparison.Ordinal))
            .SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(m => $"{m} {e.RoutePattern.RawText![Prefix.Length..]}"))
            .Order();

        Assert.Equal(mapped, described);
        Assert.NotEmpty(described);
    }

    [Fact]
    public async Task Answers_have_the_members_that_are_described()
    {
        await using var host = await PageHost.StartAsync();
        var document = await host.GetAsync("openapi.json");
        foreach (var path in document.GetProperty("paths").EnumerateObject().Where(p => p.Name is "/applications" or "/applications/{id}"
            or "/applications/{id}/topology" or "/applications/{id}/figures" or "/applications/{id}/tasks" or "/applications/{id}/stores"
            or "/applications/{id}/history"))
        {
            var schema = path.Value.GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content")
                .GetProperty("application/json").GetProperty("schema").GetProperty("properties");
            var answer = await host.GetAsync(path.Name[1..].Replace("{id}", PageHost.Application, StringComparison.Ordinal));

            Assert.Equal(schema.EnumerateObject().Select(p => p.Name).Order(), answer.EnumerateObject().Select(p => p.Name).Order());
        }
    }
}
