using StreamFlow.Broker.Server;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Broker.Handlers;

/// <summary>
/// What the broker can do: its APIs, and the features that clients choose their protocols by (KIP-584). The levels are the
/// broker's own, the same for ever in one version of it; nobody raises or lowers them.
/// </summary>
internal static class ApiVersionsHandler
{
    /// <summary>First version whose answer has features at all.</summary>
    private const short FeaturesFrom = 3;

    /// <summary>First version whose clients accept a supported range that begins at 0.</summary>
    private const short ZeroFrom = 4;

    /// <summary>The epoch of the levels; clients take an answer as newer than another by it.</summary>
    private const long FeaturesEpoch = 1;

    /// <summary>
    /// The features that are on: <c>group.version</c> 1 is the consumer protocol (KIP-848), and with <c>transaction.version</c> 2
    /// clients use KIP-890.
    /// </summary>
    private static readonly (string Name, short Level)[] Features = [("group.version", 1), ("transaction.version", 2)];

    /// <summary>The level of a feature; null for one that the broker does not have.</summary>
    public static short? LevelOf(string feature) =>
        Array.Find(Features, x => x.Name == feature) is { Name: not null } found ? found.Level : null;

    /// <summary>Notes what the client says it is, and answers it.</summary>
    public static ApiVersionsResponse Answer(ApiVersionsRequest request, RequestContext context)
    {
        (context.Connection.SoftwareName, context.Connection.SoftwareVersion) = (request.ClientSoftwareName, request.ClientSoftwareVersion);
        return Answer(ErrorCode.None, context.Version);
    }

    /// <summary>The answer in the version asked for.</summary>
    public static ApiVersionsResponse Answer(ErrorCode error, short version) => new()
    {
        ErrorCode = error,
        ApiKeys = [.. ApiTable.All.Select(static x => new ApiVersionsResponseApiKeys
        {
            ApiKey = (short)x.Key,
            MinVersion = x.MinVersion,
            MaxVersion = x.MaxVersion,
        })],
        SupportedFeatures = version < ZeroFrom
            ? []
            : [.. Features.Select(static x => new ApiVersionsResponseSupportedFeatures
            {
                Name = x.Name,
                MinVersion = 0,
                MaxVersion = x.Level,
            })],
        FinalizedFeaturesEpoch = version < FeaturesFrom ? -1 : FeaturesEpoch,
        FinalizedFeatures = version < FeaturesFrom
            ? []
            : [.. Features.Select(static x => new ApiVersionsResponseFinalizedFeatures
            {
                Name = x.Name,
                MinVersionLevel = x.Level,
                MaxVersionLevel = x.Level,
            })],
    };
}
