using StreamFlow.Broker.Configs;
using StreamFlow.Broker.Storage;
using StreamFlow.Protocol;

namespace StreamFlow.Broker.Handlers;

/// <summary>What became of a change: none, or an error with a sentence that says why.</summary>
internal readonly record struct Outcome(ErrorCode Error, string? Message)
{
    public static Outcome Of(TopicResult result) => new(result.Error, result.Message);

    public static Outcome ListedTwice(ConfigResource resource) =>
        new(ErrorCode.InvalidRequest, $"{resource.Kind} '{ConfigChecks.Shown(resource.Name)}' is listed twice; each resource may be named once.");
}
