namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record DeleteGroupsRequest(string[] Groups) : IRequest<DeleteGroupsRequest>
{
    public static DeleteGroupsRequest Read(ref WireReader r)
    {
        DeleteGroupsRequest request = new(r.ReadStringArray());
        r.SkipTags();
        return request;
    }
}

internal readonly record struct DeletedGroup(string GroupId, ErrorCode Error);

internal sealed record DeleteGroupsResponse(IReadOnlyList<DeletedGroup> Results) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Results, static (w, result) =>
        {
            w.WriteString(result.GroupId);
            w.WriteError(result.Error);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
