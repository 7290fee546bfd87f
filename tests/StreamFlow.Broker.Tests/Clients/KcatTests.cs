using System.Buffers.Binary;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients;

public sealed class KcatTests
{
    [SkippableFact]
    public async Task Kcat_lists_brokers_and_topics()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("listed", 3)] });
        string listing = await ExternalTool.RunAsync(ExternalTool.Kcat, ["-b", broker.BootstrapServers, "-L"]);
        Assert.Contains($"broker 1 at {broker.BootstrapServers} (controller)", listing, StringComparison.Ordinal);
        Assert.Contains("topic \"listed\" with 3 partitions", listing, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Kcat_consumes_what_it_produced_with_codec(string codec)
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        string lines = string.Join('\n', Enumerable.Range(0, 20_000).Select(x => $"message-{x}-{new string('x', x % 50)}")) + "\n";
        await ExternalTool.RunAsync(
            ExternalTool.Kcat, ["-b", broker.BootstrapServers, "-P", "-t", "t", "-z", codec, "-p", "0"], lines);
        string consumed = await ExternalTool.RunAsync(
            ExternalTool.Kcat, ["-b", broker.BootstrapServers, "-C", "-t", "t", "-o", "beginning", "-e", "-q"]);
        Assert.Equal(lines, consumed);

        // A client whose feature detection fails sends uncompressed batches without a word: the stored codec tells. Single
        // small batches may be uncompressed all the same, where compression would have made them longer.
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        byte[] records = (await client.FetchAsync("t", 0, 0)).Bytes("records");
        string[] codecs = ["none", "gzip", "snappy", "lz4", "zstd"];
        HashSet<string> stored = [];
        for (int at = 0; at < records.Length; at += BinaryPrimitives.ReadInt32BigEndian(records.AsSpan(at + 8)) + 12)
        {
            stored.Add(codecs[records[at + 22] & 7]);
        }

        Assert.Contains(codec, stored);
    }

    [SkippableFact]
    public async Task Kcat_consumer_group_continues_where_it_stopped()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync();
        foreach (string round in (string[])["first", "second"])
        {
            await ExternalTool.RunAsync(
                ExternalTool.Kcat, ["-b", broker.BootstrapServers, "-P", "-t", "grouped"], $"{round}\n");
            string consumed = await ExternalTool.RunAsync(
                ExternalTool.Kcat,
                ["-b", broker.BootstrapServers, "-X", "auto.offset.reset=earliest", "-q", "-c", "1", "-G", "g", "grouped"]);
            Assert.Equal($"{round}\n", consumed);
        }
    }

    [SkippableFact]
    public async Task Kcat_reads_committed_records_only_when_told_so()
    {
        ExternalTool.Require(ExternalTool.Kcat);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("t")] });
        using RawClient client = await RawClient.ConnectAsync(broker.Port);
        RawTransaction tx = await RawTransaction.InitAsync(client, "tx", 3);
        string[] values = ["aborted", "committed", "open"];
        for (int i = 0; i < values.Length; i++)
        {
            await tx.AddAsync("t", 0);
            Assert.Equal(0, (await tx.ProduceAsync("t", 0, i, values[i])).Number("error_code"));
            if (i < 2)
            {
                Assert.Equal(0, await tx.EndAsync(commit: i == 1));
            }
        }

        Assert.Equal("committed\n", await ReadAsync("read_committed"));
        Assert.Equal("aborted\ncommitted\nopen\n", await ReadAsync("read_uncommitted"));

        Task<string> ReadAsync(string isolation) => ExternalTool.RunAsync(ExternalTool.Kcat,
            ["-b", broker.BootstrapServers, "-C", "-t", "t", "-o", "beginning", "-e", "-q", "-X", $"isolation.level={isolation}"]);
    }
}
