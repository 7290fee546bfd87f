using StreamFlow.TestSupport;

namespace StreamFlow.Verification.Brokers;

/// <summary>Apache Kafka: a broker that is killed and a controller that is not.</summary>
internal sealed class ApacheKafkaProcess(string folder, int port, int advertisedPort) : BrokerUnderTest(port, advertisedPort)
{
    private ApacheKafkaController? _controller;
    private ApacheKafkaBroker? _broker;

    private string BrokerFolder => Path.Combine(folder, "broker");

    private string ControllerFolder => Path.Combine(folder, "controller");

    public override async Task StartAsync(string? crashPoint = null)
    {
        if (_broker is not null)
        {
            await _broker.RestartAsync();
            return;
        }

        _controller = await ApacheKafkaController.StartAsync(ControllerFolder, BrokerFolder);
        _broker = await ApacheKafkaBroker.StartAsync(
            BrokerFolder,
            Port,
            "process.roles=broker",
            $"listeners=PLAINTEXT://127.0.0.1:{Port}",
            $"advertised.listeners=PLAINTEXT://127.0.0.1:{AdvertisedPort}",
            "group.min.session.timeout.ms=1000",
            "auto.create.topics.enable=false",
            // Timed-out transactions are looked for often, as their timeout is short here.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000");
    }

    public override async Task KillAsync()
    {
        await _broker!.KillAsync();
        await Task.Delay(ApacheKafkaController.SessionTimeout + TimeSpan.FromSeconds(0.5));
    }

    public override async Task ForgetAsync()
    {
        await DisposeAsync();
        Directory.Delete(BrokerFolder, recursive: true);
        Directory.Delete(ControllerFolder, recursive: true);
    }

    public override async ValueTask DisposeAsync()
    {
        if (_broker is not null)
        {
            await _broker.DisposeAsync();
            _broker = null;
        }

        if (_controller is not null)
        {
            await _controller.DisposeAsync();
            _controller = null;
        }
    }
}
