using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using StreamFlow.Samples;

namespace SensorAlerts;

/// <summary>Runs the MQTT broker and the bridge beside the application.</summary>
internal sealed class MqttGateway(SampleRun run, SensorBooks books, SensorBoard board, MqttPort port) : IHostedService, IDisposable
{
    private readonly IProducer<string, byte[]> _producer = new ProducerBuilder<string, byte[]>(new ProducerConfig
    {
        BootstrapServers = run.BootstrapServers,
        Partitioner = Partitioner.Murmur2Random,
        EnableIdempotence = true,
        LingerMs = 2,
    }).SetLogHandler((_, _) => { }).Build(); // the application says that no broker answers

    private MqttBroker? _broker;
    private Bridge? _bridge;

    /// <summary>Where sensors publish.</summary>
    public int Port => _broker!.Port;

    /// <summary>Messages that have come through.</summary>
    public long Written => _bridge!.Written;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _broker = await MqttBroker.StartAsync(port.Asked);
        _bridge = new Bridge(_broker.Port, WriteAsync);
        await _bridge.StartAsync();
        board.MqttPort = _broker.Port;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_bridge is not null)
        {
            await _bridge.DisposeAsync();
        }
    }

    public void Dispose()
    {
        _broker?.Dispose();
        _producer.Dispose();
    }

    private async Task WriteAsync(string device, byte[] payload)
    {
        await _producer.ProduceAsync(Pipeline.Readings, new Message<string, byte[]> { Key = device, Value = payload });
        books.ExpectIn();
    }
}

/// <summary>The port that is asked for: null for 1883 or the next that is free, 0 for a free one.</summary>
internal sealed record MqttPort(int? Asked);
