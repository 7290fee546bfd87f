namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record DescribeClusterRequest(sbyte EndpointType) : IRequest<DescribeClusterRequest>
{
    public const sbyte Brokers = 1;

    public static DescribeClusterRequest Read(ref WireReader r)
    {
        r.ReadBool();
        DescribeClusterRequest request = new(r.Version >= 1 ? r.ReadInt8() : Brokers);
        r.SkipTags();
        return request;
    }
}

internal sealed record DescribeClusterResponse(
    ErrorCode Error, string? ErrorMessage, sbyte EndpointType, string ClusterId, MetadataBroker Self) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteError(Error);
        w.WriteNullableString(ErrorMessage);
        if (w.Version >= 1)
        {
            w.WriteInt8(EndpointType);
        }

        w.WriteString(ClusterId);
        w.WriteInt32(Self.NodeId);
        w.WriteArrayLength(Error == ErrorCode.None ? 1 : 0);
        if (Error == ErrorCode.None)
        {
            w.WriteInt32(Self.NodeId);
            w.WriteString(Self.Host);
            w.WriteInt32(Self.Port);
            w.WriteNullableString(null);
            w.WriteEmptyTags();
        }

        w.WriteInt32(WireConstants.UnknownAuthorizedOperations);
        w.WriteEmptyTags();
    }
}
