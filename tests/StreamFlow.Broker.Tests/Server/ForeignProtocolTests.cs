using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Server;

/// <summary>Clients that speak something else are told apart in the log, and cannot fill it.</summary>
public sealed class ForeignProtocolTests : IDisposable
{
    private readonly LogLines _log = new();
    private readonly FakeTimeProvider _clock = Clock.StandingStill();

    /// <summary>Not a temporary one: that broker cleans up after others, and says so.</summary>
    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_client_with_tls_is_recognised()
    {
        await using EmbeddedBroker broker = await StartAsync();

        await TlsAsync(broker.Port);

        string line = Assert.Single(_log);
        Assert.StartsWith("Closed the connection of 127.0.0.1:", line, StringComparison.Ordinal);
        Assert.EndsWith(
            ": it looks like TLS, which this listener does not speak. Set security.protocol to plaintext or SASL_PLAINTEXT in the "
            + "client, or give the broker a listener with TLS. [SF6103]",
            line,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("OPTIONS")]
    [InlineData("DELETE")]
    public async Task A_client_with_http_is_recognised(string method)
    {
        await using EmbeddedBroker broker = await StartAsync();

        await HttpAsync(broker.Port, method);

        Assert.Contains("it looks like HTTP. This port speaks Kafka's protocol only", Assert.Single(_log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_that_come_again_and_again_are_counted_once_a_minute()
    {
        await using EmbeddedBroker broker = await StartAsync();
        for (int i = 0; i < 20; i++)
        {
            await TlsAsync(broker.Port);

            // Not HttpClient, which asks again by itself.
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            await client.SendRawAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            Assert.Null(await client.ReceiveFrameAsync());
        }

        Assert.Equal(2, _log.Count);
        _clock.Advance(RepeatedLog.Interval);
        await Eventually.TrueAsync(() => _log.Count == 4, "the count of those that came within a minute");
        Assert.Equal(2, _log.Count(line => line.EndsWith("(19 such messages since the last one) [SF6103]", StringComparison.Ordinal)));

        _clock.Advance(RepeatedLog.Interval);
        await TlsAsync(broker.Port);
        Assert.Equal(5, _log.Count);
        Assert.DoesNotContain("such messages", _log.Last(), StringComparison.Ordinal);
    }

    /// <summary>Whoever reads the log afterwards would take two connections for all there were.</summary>
    [Fact]
    public async Task What_was_only_counted_is_told_when_the_broker_stops()
    {
        await using (EmbeddedBroker broker = await StartAsync())
        {
            for (int i = 0; i < 5; i++)
            {
                await TlsAsync(broker.Port);
            }

            Assert.Single(_log);
        }

        Assert.Equal(2, _log.Count);
        Assert.EndsWith("(4 such messages since the last one) [SF6103]", _log.Last(), StringComparison.Ordinal);
    }

    private Task<EmbeddedBroker> StartAsync() =>
        EmbeddedBroker.StartAsync(new EmbeddedBrokerOptions { DataDirectory = _data.Path, LoggerFactory = _log.Factory, TimeProvider = _clock });

    private static async Task TlsAsync(int port)
    {
        using TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", port);
        await using SslStream stream = new(client.GetStream());
        await Assert.ThrowsAnyAsync<IOException>(() => stream.AuthenticateAsClientAsync("localhost"));
    }

    private static async Task HttpAsync(int port, string method)
    {
        using HttpClient client = new();
        using HttpRequestMessage request = new(new HttpMethod(method), $"http://127.0.0.1:{port}/metrics");
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => client.SendAsync(request));
    }
}
