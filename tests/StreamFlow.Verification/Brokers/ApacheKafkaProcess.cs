using System.Globalization;
using StreamFlow.TestSupport;

namespace StreamFlow.Verification.Brokers;

/// <summary>Apache Kafka.</summary>
internal sealed class ApacheKafkaProcess(string folder, int port, int advertisedPort) : BrokerUnderTest(port, advertisedPort)
{
    private ApacheKafkaBroker? _broker;

    public override async Task StartAsync(string? crashPoint = null)
    {
        if (_broker is not null)
        {
            await _broker.RestartAsync();
            return;
        }

        _broker = await ApacheKafkaBroker.StartAsync(
            Path.Combine(folder, "broker"),
            Port,
            string.Create(CultureInfo.InvariantCulture, $"advertised.listeners=PLAINTEXT://127.0.0.1:{AdvertisedPort}"),
            "group.min.session.timeout.ms=1000",
            "auto.create.topics.enable=false",
            // Started again, it leads its partitions at once, loses them when the session it had before is over, and
            // leads them anew. By then its coordinators (4.3.1) must have loaded everything and ended the transactions
            // of before: docs/exactly-once.md says what happens otherwise.
            "broker.session.timeout.ms=15000",
            // Timed-out transactions are looked for often, as their timeout is short here.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000");
    }

    public override Task KillAsync() => _broker!.KillAsync();

    public override ValueTask DisposeAsync() => _broker?.DisposeAsync() ?? ValueTask.CompletedTask;
}
