namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record PartitionIncrease(string Name, int Count, int[][]? Assignments);

internal sealed record CreatePartitionsRequest(PartitionIncrease[] Topics, int TimeoutMs, bool ValidateOnly)
    : IRequest<CreatePartitionsRequest>
{
    public static CreatePartitionsRequest Read(ref WireReader r)
    {
        CreatePartitionsRequest request = new(r.ReadArray(ReadTopic), r.ReadInt32(), r.ReadBool());
        r.SkipTags();
        return request;
    }

    private static PartitionIncrease ReadTopic(ref WireReader r)
    {
        PartitionIncrease topic = new(r.ReadString(), r.ReadInt32(), r.ReadNullableArray(ReadAssignment));
        r.SkipTags();
        return topic;
    }

    private static int[] ReadAssignment(ref WireReader r)
    {
        int[] brokers = r.ReadInt32Array();
        r.SkipTags();
        return brokers;
    }
}

internal readonly record struct NamedResult(string Name, ErrorCode Error, string? ErrorMessage);

internal sealed record CreatePartitionsResponse(NamedResult[] Results) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Results, static (w, result) =>
        {
            w.WriteString(result.Name);
            w.WriteError(result.Error);
            w.WriteNullableString(result.ErrorMessage);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
