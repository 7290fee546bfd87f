namespace StreamFlow.Broker.Configs;

/// <summary>What an incremental change does to a setting; the numbers are the wire's.</summary>
internal enum ConfigOperation : sbyte
{
    Set = 0,
    Delete = 1,
    Append = 2,
    Subtract = 3,
}

/// <summary>One incremental change of a setting.</summary>
internal readonly record struct ConfigChange(string Name, ConfigOperation Operation, string? Value);
