using System.Buffers;
using MQTTnet;
using MQTTnet.Protocol;

namespace SensorAlerts;

/// <summary>
/// Brings messages from MQTT to Kafka, and loses none: a message is acknowledged to the MQTT broker when Kafka has it, and until
/// then the MQTT broker keeps it and sends it again to a bridge that comes back. So each arrives at least once; what comes
/// twice is for the topology to see. Messages of a device keep their order.
/// </summary>
internal sealed class Bridge : IAsyncDisposable
{
    public const string ClientId = "kafka-bridge";
    private const string Filter = "sensors/+/temperature";
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(200);
    private readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    private readonly MqttClientOptions _options;
    private readonly Func<string, byte[], Task> _write;
    private readonly CancellationTokenSource _stopping = new();
    private Task _connected = Task.CompletedTask;
    private long _written;

    /// <param name="port">Port of the MQTT broker on this machine.</param>
    /// <param name="write">Writes a device's message; ends when Kafka has it. Order is that of the calls.</param>
    public Bridge(int port, Func<string, byte[], Task> write)
    {
        _write = write;
        _options = new MqttClientOptionsBuilder()
            .WithTcpServer("127.0.0.1", port)
            .WithClientId(ClientId)
            .WithCleanStart(false) // the broker keeps what this client has not acknowledged,
            .WithSessionExpiryInterval(24 * 60 * 60) // for a day
            .Build();
        _client.ApplicationMessageReceivedAsync += message =>
        {
            message.AutoAcknowledge = false;
            var device = message.ApplicationMessage.Topic.Split('/')[1];
            _ = AcknowledgeAsync(message, _write(device, message.ApplicationMessage.Payload.ToArray()));
            return Task.CompletedTask;
        };
    }

    /// <summary>Messages that Kafka has.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>The path that a device publishes under.</summary>
    public static string TopicOf(string device) => $"sensors/{device}/temperature";

    /// <summary>Returns when the bridge is subscribed; from then on it stays connected, or connects again.</summary>
    public async Task StartAsync()
    {
        await ConnectAsync();
        _connected = StayConnectedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _connected;
        _client.Dispose();
        _stopping.Dispose();
    }

    private async Task ConnectAsync()
    {
        await _client.ConnectAsync(_options, _stopping.Token);
        await _client.SubscribeAsync(Filter, MqttQualityOfServiceLevel.AtLeastOnce, _stopping.Token);
    }

    private async Task StayConnectedAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await Task.Delay(BetweenAttempts, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_client.IsConnected || _stopping.IsCancellationRequested)
            {
                continue;
            }

            try
            {
                await ConnectAsync();
            }
            catch (Exception exception) when (exception is MQTTnet.Exceptions.MqttCommunicationException or OperationCanceledException)
            {
                // The MQTT broker is away: again in a moment.
            }
        }
    }

    private async Task AcknowledgeAsync(MqttApplicationMessageReceivedEventArgs message, Task written)
    {
        try
        {
            await written;
            Interlocked.Increment(ref _written);
            await message.AcknowledgeAsync(_stopping.Token);
        }
#pragma warning disable CA1031 // Whatever it is, the message is not acknowledged, and a new connection brings it again.
        catch (Exception)
#pragma warning restore CA1031
        {
            await _client.TryDisconnectAsync();
        }
    }
}
