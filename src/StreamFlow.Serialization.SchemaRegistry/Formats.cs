namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>
/// What the bytes are. It is a parameter of the serde's type, so that state notices when one format takes the place of
/// another.
/// </summary>
internal interface IFormat
{
    static abstract string Name { get; }
}

/// <summary>Avro with a registered schema.</summary>
internal readonly struct AvroFormat : IFormat
{
    public static string Name => "Avro";
}

/// <summary>JSON with a registered schema.</summary>
internal readonly struct JsonSchemaFormat : IFormat
{
    public static string Name => "JSON Schema";
}

/// <summary>Whatever a serializer of Confluent.Kafka makes of values.</summary>
internal readonly struct AdaptedFormat : IFormat
{
    public static string Name => "the format of the adapted serializer";
}
