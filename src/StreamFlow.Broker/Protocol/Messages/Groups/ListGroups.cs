namespace StreamFlow.Broker.Protocol.Messages;

/// <summary>An empty filter lets every group through.</summary>
internal sealed record ListGroupsRequest(string[] StatesFilter, string[] TypesFilter) : IRequest<ListGroupsRequest>
{
    public static ListGroupsRequest Read(ref WireReader r)
    {
        ListGroupsRequest request = new(
            r.Version >= 4 ? r.ReadStringArray() : [],
            r.Version >= 5 ? r.ReadStringArray() : []);
        r.SkipTags();
        return request;
    }
}

internal readonly record struct ListedGroup(string GroupId, string ProtocolType, string State, string Type);

internal sealed record ListGroupsResponse(ErrorCode Error, IReadOnlyList<ListedGroup> Groups) : IResponse
{
    public void Write(WireWriter w)
    {
        if (w.Version >= 1)
        {
            w.WriteInt32(0);
        }

        w.WriteError(Error);
        w.WriteArray(Groups, WriteGroup);
        w.WriteEmptyTags();
    }

    private static void WriteGroup(WireWriter w, ListedGroup group)
    {
        w.WriteString(group.GroupId);
        w.WriteString(group.ProtocolType);
        if (w.Version >= 4)
        {
            w.WriteString(group.State);
        }

        if (w.Version >= 5)
        {
            w.WriteString(group.Type);
        }

        w.WriteEmptyTags();
    }
}
