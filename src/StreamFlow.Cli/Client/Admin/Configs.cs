using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client.Admin;

/// <summary>What has settings, by its number in the protocol.</summary>
internal enum ConfigResource : sbyte
{
    Topic = 2,
    Broker = 4,
    BrokerLogger = 8,
    ClientMetrics = 16,
    Group = 32,
}

/// <summary>A setting that is to be set, or with null to be set back to its default.</summary>
internal readonly record struct ConfigChange(string Name, string? Value);

/// <summary>Settings of topics, brokers, groups and others.</summary>
internal static class Configs
{
    /// <summary>Changes some settings and leaves the others as they are.</summary>
    public static async Task<(ErrorCode Error, string? Message)> AlterConfigAsync(
        this Cluster cluster, ConfigResource kind, string name, IReadOnlyList<ConfigChange> changes, CancellationToken ct)
    {
        const sbyte Set = 0;
        const sbyte Delete = 1;
        BrokerConnection connection = await ResponsibleAsync(cluster, kind, name, ct).ConfigureAwait(false);
        IncrementalAlterConfigsResponse response = await connection.SendAsync(
            new IncrementalAlterConfigsRequest
            {
                Resources =
                [
                    new()
                    {
                        ResourceType = (sbyte)kind,
                        ResourceName = name,
                        Configs =
                        [
                            .. changes.Select(static c => new IncrementalAlterConfigsRequestConfigs
                            {
                                Name = c.Name, ConfigOperation = c.Value is null ? Delete : Set, Value = c.Value,
                            }),
                        ],
                    },
                ],
            },
            ct).ConfigureAwait(false);
        return response.Responses is [var answer, ..] ? (answer.ErrorCode, answer.ErrorMessage) : (ErrorCode.UnknownServerError, "the broker answered nothing");
    }

    /// <summary>The settings of one thing.</summary>
    /// <exception cref="KafkaException">There is no such thing, or it may not be seen.</exception>
    public static async Task<DescribeConfigsResponseConfigs[]> DescribeConfigAsync(
        this Cluster cluster, ConfigResource kind, string name, CancellationToken ct)
    {
        BrokerConnection connection = await ResponsibleAsync(cluster, kind, name, ct).ConfigureAwait(false);
        DescribeConfigsResponse response = await connection.SendAsync(
            new DescribeConfigsRequest
            {
                Resources = [new() { ResourceType = (sbyte)kind, ResourceName = name, ConfigurationKeys = null }],
                IncludeSynonyms = true,
                IncludeDocumentation = connection.VersionOf(ApiKey.DescribeConfigs) >= 3,
            },
            ct).ConfigureAwait(false);
        DescribeConfigsResponseResults result = response.Results[0];
        Offsets.Throw(result.ErrorCode, $"settings of {kind.ToString().ToLowerInvariant()} '{name}'", result.ErrorMessage);
        return result.Configs;
    }

    /// <summary>A broker's settings are known to itself alone.</summary>
    private static Task<BrokerConnection> ResponsibleAsync(Cluster cluster, ConfigResource kind, string name, CancellationToken ct) =>
        kind is ConfigResource.Broker or ConfigResource.BrokerLogger && int.TryParse(name, out int node) ? cluster.NodeAsync(node, ct) : cluster.AnyAsync(ct);
}
