using Confluent.Kafka;

namespace StreamFlow.IntegrationTests.Support;

/// <summary>Another program in the group of an application, as a console consumer with that group id is.</summary>
internal sealed class Guest : IDisposable
{
    private readonly IConsumer<byte[], byte[]> _consumer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;

    public Guest(string bootstrapServers, string group, string topic, GroupProtocol protocol = GroupProtocol.Classic)
    {
        var config = new ConsumerConfig
        {
            BootstrapServers = bootstrapServers,
            GroupId = group,
            ClientId = Name,
            EnableAutoCommit = false,
            GroupProtocol = protocol,
        };
        if (protocol == GroupProtocol.Classic)
        {
            config.PartitionAssignmentStrategy = PartitionAssignmentStrategy.CooperativeSticky;
        }

        _consumer = new ConsumerBuilder<byte[], byte[]>(config).SetLogHandler(static (_, _) => { }).Build();
        _consumer.Subscribe(topic);
        _reading = Task.Factory.StartNew(Read, TaskCreationOptions.LongRunning);
    }

    public const string Name = "console-guest";

    /// <summary>Leaves the group.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _reading.GetAwaiter().GetResult();
        _consumer.Close();
        _consumer.Dispose();
        _stopping.Dispose();
    }

    private void Read()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _consumer.Consume(TimeSpan.FromMilliseconds(50));
            }
            catch (ConsumeException)
            {
                // It is the application that is under test.
            }
        }
    }
}
