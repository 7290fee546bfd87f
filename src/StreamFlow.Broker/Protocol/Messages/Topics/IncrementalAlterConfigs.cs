namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record IncrementalAlterConfigsResource(ConfigResourceType Type, string Name, ConfigChange[] Changes);

internal sealed record IncrementalAlterConfigsRequest(IncrementalAlterConfigsResource[] Resources, bool ValidateOnly)
    : IRequest<IncrementalAlterConfigsRequest>
{
    public static IncrementalAlterConfigsRequest Read(ref WireReader r)
    {
        IncrementalAlterConfigsRequest request = new(r.ReadArray(ReadResource), r.ReadBool());
        r.SkipTags();
        return request;
    }

    private static IncrementalAlterConfigsResource ReadResource(ref WireReader r)
    {
        IncrementalAlterConfigsResource resource = new(
            (ConfigResourceType)r.ReadInt8(), r.ReadString(), r.ReadArray(ReadChange));
        r.SkipTags();
        return resource;
    }

    private static ConfigChange ReadChange(ref WireReader r)
    {
        ConfigChange change = new(r.ReadString(), (ConfigOperation)r.ReadInt8(), r.ReadNullableString());
        r.SkipTags();
        return change;
    }
}
