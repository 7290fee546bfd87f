using System.Text;
using SensorAlerts;

namespace StreamFlow.Samples.Tests.SensorAlerts;

public sealed class BridgeTests
{
    [Fact]
    public async Task What_Kafka_does_not_have_yet_comes_again_to_a_bridge_that_was_cut_off()
    {
        using var broker = await MqttBroker.StartAsync(port: 0);
        var kafka = new HeldUpKafka();
        await using var bridge = new Bridge(broker.Port, kafka.WriteAsync);
        await bridge.StartAsync();
        using var fleet = new SensorFleet(broker.Port);
        await fleet.PublishAsync([Message("a", "1"), Message("a", "2"), Message("b", "3")]);
        await Until.TrueAsync(() => kafka.Calls.Count == 3, "three messages are on their way");
        Assert.Equal(0, bridge.Written);

        await broker.CutOffAsync(Bridge.ClientId);
        await Until.TrueAsync(() => kafka.Calls.Count == 6, "they have come again");
        kafka.LetThrough();
        await Until.TrueAsync(() => bridge.Written == 6, "Kafka has them");
        Assert.Equal(["a 1", "a 2"], kafka.Calls.Skip(3).Where(call => call[0] == 'a'));

        await broker.CutOffAsync(Bridge.ClientId);
        await fleet.PublishAsync([Message("a", "4")]);
        await Until.TrueAsync(() => kafka.Calls.Contains("a 4"), "the bridge is back");
        await Until.TrueAsync(() => bridge.Written == 7, "only the new one came: the others were acknowledged");
    }

    [Fact]
    public async Task What_could_not_be_written_is_tried_again()
    {
        using var broker = await MqttBroker.StartAsync(port: 0);
        var attempts = 0;
        await using var bridge = new Bridge(broker.Port, (_, _) =>
            Interlocked.Increment(ref attempts) == 1 ? Task.FromException(new IOException("no leader")) : Task.CompletedTask);
        await bridge.StartAsync();
        using var fleet = new SensorFleet(broker.Port);
        await fleet.PublishAsync([Message("a", "1")]);
        await Until.TrueAsync(() => bridge.Written == 1, "it is written after all");
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task A_port_that_was_asked_for_and_is_taken_is_an_error()
    {
        using var broker = await MqttBroker.StartAsync(port: 0);
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(() => MqttBroker.StartAsync(broker.Port));
    }

    private static Publication Message(string device, string text) => new(device, Encoding.UTF8.GetBytes(text));

    private sealed class HeldUpKafka
    {
        private readonly TaskCompletionSource _through = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Lock _gate = new();
        private readonly List<string> _calls = [];

        public IReadOnlyList<string> Calls
        {
            get
            {
                lock (_gate)
                {
                    return [.. _calls];
                }
            }
        }

        public Task WriteAsync(string device, byte[] payload)
        {
            lock (_gate)
            {
                _calls.Add($"{device} {Encoding.UTF8.GetString(payload)}");
            }

            return _through.Task;
        }

        public void LetThrough() => _through.SetResult();
    }
}
