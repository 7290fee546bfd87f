namespace StreamFlow.Broker.Handlers;

/// <summary>The kinds of things that have configurations; the numbers are the wire's.</summary>
internal enum ConfigResourceType : sbyte
{
    Topic = 2,
    Broker = 4,
}

/// <summary>One setting and where its value comes from.</summary>
internal sealed record DescribedConfig(string Name, string? Value, sbyte Source, bool ReadOnly, sbyte Type)
{
    public const sbyte TopicSource = 1;
    public const sbyte StaticBrokerSource = 4;
    public const sbyte DefaultSource = 5;
}
