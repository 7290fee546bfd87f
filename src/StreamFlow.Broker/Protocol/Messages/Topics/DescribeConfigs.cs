namespace StreamFlow.Broker.Protocol.Messages;

/// <summary>The kinds of things that have configurations.</summary>
internal enum ConfigResourceType : sbyte
{
    Topic = 2,
    Broker = 4,
}

/// <summary><see cref="Keys"/> is null for "all".</summary>
internal readonly record struct DescribeConfigsResource(ConfigResourceType Type, string Name, string[]? Keys);

internal sealed record DescribeConfigsRequest(
    DescribeConfigsResource[] Resources, bool IncludeSynonyms, bool IncludeDocumentation)
    : IRequest<DescribeConfigsRequest>
{
    public static DescribeConfigsRequest Read(ref WireReader r)
    {
        DescribeConfigsRequest request = new(
            r.ReadArray(ReadResource), r.ReadBool(), r.Version >= 3 && r.ReadBool());
        r.SkipTags();
        return request;
    }

    private static DescribeConfigsResource ReadResource(ref WireReader r)
    {
        DescribeConfigsResource resource = new(
            (ConfigResourceType)r.ReadInt8(), r.ReadString(), r.ReadNullableStringArray());
        r.SkipTags();
        return resource;
    }
}

internal sealed record DescribedConfig(string Name, string? Value, sbyte Source, bool ReadOnly, sbyte Type)
{
    public const sbyte TopicSource = 1;
    public const sbyte StaticBrokerSource = 4;
    public const sbyte DefaultSource = 5;
}

internal sealed record DescribeConfigsResult(
    ErrorCode Error, string? ErrorMessage, ConfigResourceType Type, string Name, IReadOnlyList<DescribedConfig> Configs);

internal sealed record DescribeConfigsResponse(DescribeConfigsResult[] Results, bool IncludeSynonyms) : IResponse
{
    public void Write(WireWriter w)
    {
        w.WriteInt32(0);
        w.WriteArrayLength(Results.Length);
        foreach (DescribeConfigsResult result in Results)
        {
            w.WriteError(result.Error);
            w.WriteNullableString(result.ErrorMessage);
            w.WriteInt8((sbyte)result.Type);
            w.WriteString(result.Name);
            w.WriteArrayLength(result.Configs.Count);
            foreach (DescribedConfig config in result.Configs)
            {
                WriteConfig(w, config);
            }

            w.WriteEmptyTags();
        }

        w.WriteEmptyTags();
    }

    private void WriteConfig(WireWriter w, DescribedConfig config)
    {
        w.WriteString(config.Name);
        w.WriteNullableString(config.Value);
        w.WriteBool(config.ReadOnly);
        w.WriteInt8(config.Source);
        w.WriteBool(false);
        w.WriteArrayLength(IncludeSynonyms ? 1 : 0);
        if (IncludeSynonyms)
        {
            w.WriteString(config.Name);
            w.WriteNullableString(config.Value);
            w.WriteInt8(config.Source);
            w.WriteEmptyTags();
        }

        if (w.Version >= 3)
        {
            w.WriteInt8(config.Type);
            w.WriteNullableString(null);
        }

        w.WriteEmptyTags();
    }
}
