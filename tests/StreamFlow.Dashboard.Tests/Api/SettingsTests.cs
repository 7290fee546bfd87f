using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StreamFlow.Dashboard.Tests.Support;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>Settings are told with where they come from, and secrets are not told.</summary>
public sealed class SettingsTests
{
    private const string Prefix = $"StreamFlow:{PageHost.Application}";

    [Fact]
    public async Task Each_setting_has_its_source_and_secrets_are_dots()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, $$"""
            { "StreamFlow": { "{{PageHost.Application}}": {
                "Streams": { "MaxTaskIdle": "00:00:01" },
                "Client": { "sasl.password": "hunter2", "ssl.key.pem": "-----BEGIN PRIVATE KEY-----", "client.rack": "a" } } } }
            """);
        try
        {
            await using var host = await PageHost.StartAsync(configure: builder =>
            {
                builder.Configuration.AddJsonFile(file);
                builder.Configuration.AddCommandLine([$"--{Prefix}:Streams:TaskTimeout=00:04:00"]);
            });
            using var response = await host.Client.GetAsync(new Uri($"/streamflow/api/v1/applications/{PageHost.Application}/settings", UriKind.Relative));
            var text = await response.Content.ReadAsStringAsync();
            Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
            Assert.DoesNotContain("BEGIN PRIVATE", text, StringComparison.Ordinal);

            var settings = await host.GetAsync($"applications/{PageHost.Application}/settings");
            var options = settings.GetProperty("options").EnumerateArray().ToDictionary(o => o.GetProperty("name").GetString()!);
            Assert.Equal(("00:00:01", "file"), Of("MaxTaskIdle"));
            Assert.Equal(("00:04:00", "command line"), Of("TaskTimeout"));
            Assert.Equal(("2", "code"), Of("NumStreamThreads"));
            Assert.Equal(("00:00:00.2000000", "code"), Of("CommitInterval"));
            Assert.Equal("default", options["ProcessingGuarantee"].GetProperty("source").GetString());
            var client = settings.GetProperty("client").EnumerateArray().ToDictionary(o => o.GetProperty("name").GetString()!);
            Assert.Equal(("a", "file", false), (
                client["client.rack"].GetProperty("value").GetString(), client["client.rack"].GetProperty("source").GetString(),
                client["client.rack"].GetProperty("isSecret").GetBoolean()));
            Assert.True(client["sasl.password"].GetProperty("isSecret").GetBoolean());
            Assert.True(client["ssl.key.pem"].GetProperty("isSecret").GetBoolean());
            Assert.Equal(Confluent.Kafka.Library.VersionString, settings.GetProperty("versions").GetProperty("librdkafka").GetString());
            Assert.StartsWith("Topologies:", settings.GetProperty("describe").GetString(), StringComparison.Ordinal);

            (string?, string?) Of(string name) => (options[name].GetProperty("value").GetString(), options[name].GetProperty("source").GetString());
        }
        finally
        {
            File.Delete(file);
        }
    }
}
