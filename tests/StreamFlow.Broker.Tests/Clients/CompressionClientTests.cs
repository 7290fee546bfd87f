using StreamFlow.Broker.Tests.Support;
using StreamFlow.TestSupport;

namespace StreamFlow.Broker.Tests.Clients;

/// <summary>Batches that librdkafka compressed, the broker compressed anew, and Java's client and tool read.</summary>
public sealed class CompressionClientTests
{
    private static readonly string[] Codecs = ["uncompressed", "gzip", "snappy", "lz4", "zstd"];

    [SkippableFact]
    public async Task Batches_compressed_anew_by_the_broker_are_read_by_Java_and_librdkafka()
    {
        Skip.If(ApacheKafkaBroker.WhyUnavailable() is not null, ApacheKafkaBroker.WhyUnavailable());
        ExternalTool.Require(ExternalTool.Kcat);
        using TemporaryDirectory directory = new();
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions
        {
            DataDirectory = directory.Path,
            Topics = [.. Codecs.Select(static x => new BrokerTopic($"to-{x}")
            {
                Configs = new Dictionary<string, string> { ["compression.type"] = x },
            })],
        });
        for (int i = 0; i < Codecs.Length; i++)
        {
            // Each topic gets batches in a codec that is not its own.
            string from = i == Codecs.Length - 1 ? "none" : Codecs[i + 1];
            string lines = string.Concat(Enumerable.Range(0, 2000).Select(x => $"{Codecs[i]} line {x}\n"));
            await ExternalTool.RunAsync(ExternalTool.Kcat, ["-P", "-b", broker.BootstrapServers, "-t", $"to-{Codecs[i]}", "-z", from], lines);
            string read = await ExternalTool.RunAsync(
                ExternalTool.Kcat, ["-C", "-b", broker.BootstrapServers, "-t", $"to-{Codecs[i]}", "-e", "-q"]);
            Assert.Equal(lines, read);
        }

        string kafka = ApacheKafkaBroker.Script();
        string consumed = await ExternalTool.RunAsync(kafka,
        [
            "console-consumer", "--bootstrap-server", broker.BootstrapServers, "--include", "to-.*", "--from-beginning",
            "--max-messages", $"{2000 * Codecs.Length}", "--timeout-ms", "60000",
        ]);
        Assert.All(Codecs, x => Assert.Equal(
            2000, consumed.Split('\n').Count(line => line.StartsWith($"{x} line ", StringComparison.Ordinal))));
        await broker.DisposeAsync();
        string[] logs = [.. Directory.GetFiles(directory.Path, "0*.log", SearchOption.AllDirectories)
            .Where(static x => new FileInfo(x).Length > 0)];
        string dumped = await ExternalTool.RunAsync(
            kafka, ["dump-log", "--files", string.Join(',', logs), "--deep-iteration"]);
        Assert.All(Codecs, x => Assert.Contains(
            $"compresscodec: {(x == "uncompressed" ? "none" : x)} ", dumped, StringComparison.Ordinal));
        Assert.DoesNotContain("isvalid: false", dumped, StringComparison.Ordinal);
    }
}
