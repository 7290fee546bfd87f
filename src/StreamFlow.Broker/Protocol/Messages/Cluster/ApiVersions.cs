namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record ApiVersionsRequest(string ClientSoftwareName, string ClientSoftwareVersion)
    : IRequest<ApiVersionsRequest>
{
    public static ApiVersionsRequest Read(ref WireReader r)
    {
        ApiVersionsRequest request = r.Version >= 3 ? new(r.ReadString(), r.ReadString()) : new("", "");
        r.SkipTags();
        return request;
    }
}

internal readonly record struct ApiVersionRange(ApiKey Key, short MinVersion, short MaxVersion);

internal sealed record ApiVersionsResponse(ErrorCode Error, IReadOnlyList<ApiVersionRange> ApiKeys) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteError(Error);
        w.WriteArray(ApiKeys, static (w, range) =>
        {
            w.WriteInt16((short)range.Key);
            w.WriteInt16(range.MinVersion);
            w.WriteInt16(range.MaxVersion);
            w.WriteEmptyTags();
        });
        if (w.Version >= 1)
        {
            w.WriteInt32(0);
        }

        w.WriteEmptyTags();
    }
}
