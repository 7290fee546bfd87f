using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client;

/// <summary>Which versions of each API a broker and this client have in common.</summary>
internal sealed class ApiRanges
{
    /// <summary>Beyond these, topics are named by their ids alone; the names do, here.</summary>
    private static readonly Dictionary<ApiKey, short> Caps = new()
    {
        [ApiKey.Produce] = 12, [ApiKey.Fetch] = 12, [ApiKey.OffsetCommit] = 9, [ApiKey.OffsetFetch] = 9,
    };

    /// <summary>What the broker said.</summary>
    public Dictionary<short, (short Min, short Max)> OfBroker { get; } = [];

    public void Set(ApiVersionsResponse response)
    {
        foreach (ApiVersionsResponseApiKeys key in response.ApiKeys)
        {
            OfBroker[key.ApiKey] = (key.MinVersion, key.MaxVersion);
        }
    }

    /// <summary>The highest version of both; -1 when there is none.</summary>
    public short VersionOf(ApiKey api)
    {
        KafkaApi own = KafkaApis.Find(api)!;
        if (!OfBroker.TryGetValue((short)api, out (short Min, short Max) theirs))
        {
            return -1;
        }

        short max = Math.Min(Math.Min(own.MaxStableVersion, theirs.Max), Caps.GetValueOrDefault(api, short.MaxValue));
        return max >= Math.Max(own.MinVersion, theirs.Min) ? max : (short)-1;
    }

    /// <exception cref="CommandException">There is none.</exception>
    public short Require(ApiKey api, HostPort address) => VersionOf(api) is var version and >= 0
        ? version
        : throw new CommandException($"The broker at {address} does not offer {api}, which this command needs; 'streamflow cluster apis' shows what it has.");
}
