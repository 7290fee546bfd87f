namespace StreamFlow.Broker.Groups;

/// <summary>Ids of members as Kafka writes them: 16 random bytes in the alphabet of URLs.</summary>
internal static class MemberIds
{
    public static string New() => Of(Guid.NewGuid());

    public static string Of(Guid id) =>
        Convert.ToBase64String(id.ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
