using System.Reflection;
using StreamFlow.Clients;

namespace StreamFlow.Tests.Runtime;

/// <summary>Clients of a cluster whose topics somebody deletes, makes anew or configures otherwise, as an admin client sees it.</summary>
internal sealed class ChangedTopics(IKafkaClients inner) : IKafkaClients
{
    /// <summary>What is told of a topic in place of what is there; null when it is not.</summary>
    public Func<TopicDescription, TopicDescription?> Topic { get; set; } = topic => topic;

    /// <summary>What is told of a topic's configuration.</summary>
    public Func<string, IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>> Config { get; set; } =
        (_, config) => config;

    public IKafkaConsumer CreateConsumer(ConsumerRole role) => inner.CreateConsumer(role);

    public IKafkaProducer CreateProducer(ProducerRole role) => inner.CreateProducer(role);

    public IKafkaAdmin CreateAdmin(string clientId)
    {
        var proxy = DispatchProxy.Create<IKafkaAdmin, Admin>();
        (((Admin)(object)proxy).Inner, ((Admin)(object)proxy).Owner) = (inner.CreateAdmin(clientId), this);
        return proxy;
    }

    private async Task<IReadOnlyDictionary<string, TopicDescription>> Change(
        Task<IReadOnlyDictionary<string, TopicDescription>> topics) =>
        (await topics).Values.Select(Topic).OfType<TopicDescription>().ToDictionary(t => t.Name);

    private async Task<IReadOnlyDictionary<string, string>> Change(
        string topic, Task<IReadOnlyDictionary<string, string>> config) => Config(topic, await config);

#pragma warning disable CA1852 // DispatchProxy derives from it.
    private class Admin : DispatchProxy
#pragma warning restore CA1852
    {
        internal IKafkaAdmin Inner { get; set; } = null!;

        internal ChangedTopics Owner { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var result = targetMethod!.Invoke(Inner, BindingFlags.DoNotWrapExceptions, null, args, null);
            return result switch
            {
                Task<IReadOnlyDictionary<string, TopicDescription>> topics => Owner.Change(topics),
                Task<IReadOnlyDictionary<string, string>> config => Owner.Change((string)args![0]!, config),
                _ => result,
            };
        }
    }
}
