using MQTTnet;
using MQTTnet.Protocol;

namespace SensorAlerts;

/// <summary>The sensors' MQTT clients, one each. They publish at QoS 1: a call returns when the MQTT broker has the message.</summary>
internal sealed class SensorFleet(int port) : IDisposable
{
    private readonly Dictionary<string, IMqttClient> _clients = [];

    public long Published { get; private set; }

    /// <summary>Publishes messages, those of a device in order, those of several devices at the same time.</summary>
    public async Task PublishAsync(IReadOnlyCollection<Publication> messages)
    {
        foreach (var device in messages.Select(message => message.Device).Where(device => !_clients.ContainsKey(device)).Distinct().ToList())
        {
            _clients.Add(device, await ConnectAsync(device));
        }

        await Task.WhenAll(messages.GroupBy(message => message.Device).Select(PublishOfDeviceAsync));
        Published += messages.Count;
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }

    private async Task PublishOfDeviceAsync(IGrouping<string, Publication> messages)
    {
        foreach (var message in messages)
        {
            await _clients[message.Device].PublishBinaryAsync(
                Bridge.TopicOf(message.Device), message.Payload, MqttQualityOfServiceLevel.AtLeastOnce);
        }
    }

    private async Task<IMqttClient> ConnectAsync(string device)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithClientId(device).Build());
        return client;
    }
}
