using System.Collections.Concurrent;
using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>Clients that remember what consumers they were asked for.</summary>
internal sealed class RecordedRoles(IKafkaClients inner) : IKafkaClients
{
    public ConcurrentQueue<ConsumerRole> Consumers { get; } = new();

    public IKafkaConsumer CreateConsumer(ConsumerRole role)
    {
        Consumers.Enqueue(role);
        return inner.CreateConsumer(role);
    }

    public IKafkaProducer CreateProducer(ProducerRole role) => inner.CreateProducer(role);

    public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);
}
