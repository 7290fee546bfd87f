namespace StreamFlow.Protocol;

/// <summary>What Kafka says about one API; which of its versions a broker answers is the broker's own affair.</summary>
/// <param name="Key">The API.</param>
/// <param name="MinVersion">The lowest version that has messages.</param>
/// <param name="MaxVersion">The highest version that has messages.</param>
/// <param name="MaxStableVersion">The highest version that will not change any more, which is what Apache Kafka advertises.</param>
/// <param name="FlexibleFrom">The first version with compact lengths and tag sections; beyond all when there is none.</param>
internal sealed record KafkaApi(ApiKey Key, short MinVersion, short MaxVersion, short MaxStableVersion, short FlexibleFrom)
{
    /// <summary>Whether a version has compact lengths and tag sections.</summary>
    public bool IsFlexible(short version) => version >= FlexibleFrom;

    /// <summary>The version of the header in front of a request.</summary>
    public short RequestHeaderVersion(short version) => IsFlexible(version) ? (short)2 : (short)1;

    /// <summary>
    /// The version of the header in front of a response. That of ApiVersions never has tags: the client does not know yet
    /// what the broker speaks.
    /// </summary>
    public short ResponseHeaderVersion(short version) => IsFlexible(version) && Key != ApiKey.ApiVersions ? (short)1 : (short)0;
}
