namespace StreamFlow.Broker.Testing;

/// <summary>A request that a fault may strike, read as far as faults need it.</summary>
/// <param name="Shape">What is known of its API.</param>
/// <param name="Version">The version that it is written in.</param>
/// <param name="CorrelationId">What its answer must repeat.</param>
/// <param name="ClientId">Who sends it.</param>
/// <param name="Body">The message.</param>
internal sealed record RequestFrame(RequestShape Shape, short Version, int CorrelationId, string ClientId, object Body)
{
    /// <summary>Reads a frame; null for one that the broker would refuse, which it is left to do.</summary>
    public static RequestFrame? Read(Memory<byte> frame)
    {
        try
        {
            WireReader reader = new(frame);
            RequestShape? shape = RequestShapes.Find(reader.ReadInt16());
            short version = reader.ReadInt16();
            if (shape is null || ApiTable.Find((short)shape.Api) is not { } api || version < api.ImplementedFrom || version > api.MaxVersion)
            {
                return null;
            }

            int correlationId = reader.ReadInt32();
            string clientId = reader.ReadHeaderString() ?? "";
            reader.Version = version;
            reader.Flexible = version >= shape.FlexibleFrom;
            reader.SkipTags();
            return new RequestFrame(shape, version, correlationId, clientId, shape.Read(ref reader));
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    /// <summary>As scripts see it.</summary>
    public BrokerRequest Describe(Func<Guid, string?> nameOf) => new(
        Shape.Api,
        Version,
        ClientId,
        Shape.Topics is null
            ? []
            : [.. Shape.Topics(Body).Select(topic => topic.Name is { Length: > 0 } name ? name : nameOf(topic.Id)).OfType<string>()]);

    /// <summary>The answer with an error in all its places.</summary>
    public WireWriter Fail(ErrorCode error)
    {
        WireWriter writer = new() { Version = Version, Flexible = Version >= Shape.FlexibleFrom };
        try
        {
            writer.WriteInt32(CorrelationId);
            if (Shape.Api != BrokerApi.ApiVersions)
            {
                writer.WriteEmptyTags();
            }

            Shape.Fail(Body, error, Version).Write(writer);
            return writer;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }
}
