namespace StreamFlow.Broker.Protocol.Messages;

internal sealed record AlterConfigsResource(ConfigResourceType Type, string Name, ConfigEntry[] Configs);

/// <summary>Replaces all overrides of a resource by those given.</summary>
internal sealed record AlterConfigsRequest(AlterConfigsResource[] Resources, bool ValidateOnly)
    : IRequest<AlterConfigsRequest>
{
    public static AlterConfigsRequest Read(ref WireReader r)
    {
        AlterConfigsRequest request = new(r.ReadArray(ReadResource), r.ReadBool());
        r.SkipTags();
        return request;
    }

    private static AlterConfigsResource ReadResource(ref WireReader r)
    {
        AlterConfigsResource resource = new(
            (ConfigResourceType)r.ReadInt8(), r.ReadString(), r.ReadArray(ConfigEntry.Read));
        r.SkipTags();
        return resource;
    }
}

internal readonly record struct AlterConfigsResult(
    ErrorCode Error, string? ErrorMessage, ConfigResourceType Type, string Name);

/// <summary>The answer of AlterConfigs and IncrementalAlterConfigs, which share one shape.</summary>
internal sealed record AlterConfigsResponse(AlterConfigsResult[] Results) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArray(Results, static (w, result) =>
        {
            w.WriteError(result.Error);
            w.WriteNullableString(result.ErrorMessage);
            w.WriteInt8((sbyte)result.Type);
            w.WriteString(result.Name);
            w.WriteEmptyTags();
        });
        w.WriteEmptyTags();
    }
}
