using Microsoft.Extensions.Logging;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests;

/// <summary>A log of the host that throws at every call, as the output of a test that is over does.</summary>
public sealed class ThrowingLogTests : IDisposable
{
    private readonly TemporaryDirectory _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_broker_whose_log_throws_serves_stops_and_frees_its_directory()
    {
        using ThrowingLog log = new();
        EmbeddedBrokerOptions options = new()
        {
            DataDirectory = _data.Path, LoggerFactory = log, MaxConnections = 2, Topics = [new BrokerTopic("t")],
        };
        await using (EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options))
        {
            using RawClient client = await RawClient.ConnectAsync(broker.Port);
            Assert.Equal(0, (await client.ProduceAsync("t", 0, TestBatch.Build("kept"))).Number("error_code"));
            for (int i = 0; i < 5; i++)
            {
                // One whose bytes are no request, and one that is too many.
                using RawClient foreign = await RawClient.ConnectAsync(broker.Port);
                await foreign.CallAsync("ApiVersions", 0, []);
                using RawClient refused = await RawClient.ConnectAsync(broker.Port);
                Assert.Null(await refused.ReceiveFrameAsync());
                await foreign.SendRawAsync([0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
                Assert.Null(await foreign.ReceiveFrameAsync());
                await Eventually.TrueAsync(() => broker.ConnectionCount == 1, "the foreign client is gone");
            }

            Assert.True(log.Calls > 0);
        }

        await using EmbeddedBroker again = await EmbeddedBroker.StartAsync(options with { LoggerFactory = null });
        using RawClient reader = await RawClient.ConnectAsync(again.Port);
        WireStruct read = await reader.FetchAsync("t", 0, 0);
        Assert.Equal("kept", Assert.Single(TestBatch.Read(read.Bytes("records"))).Value);
    }

    private sealed class ThrowingLog : ILogger, ILoggerFactory
    {
        private int _calls;

        public int Calls => Volatile.Read(ref _calls);

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one place only.");

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new InvalidOperationException("There is no currently active test.");

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Interlocked.Increment(ref _calls);
            throw new InvalidOperationException("There is no currently active test.");
        }

        public void Dispose()
        {
            // Holds nothing.
        }
    }
}
