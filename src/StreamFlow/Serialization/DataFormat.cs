namespace StreamFlow.Serialization;

/// <summary>
/// What the bytes of keys or values are, as far as it can be told: of serdes of StreamFlow the format itself, of others
/// the type that writes them.
/// </summary>
internal sealed record DataFormat
{
    /// <summary>Format of the objects that <see cref="JsonSerde{T}"/> writes.</summary>
    public const string Json = "JSON";

    /// <summary>The format, where StreamFlow defines it; else null.</summary>
    public string? Format { get; init; }

    /// <summary>The type of a serde that StreamFlow does not know; else null.</summary>
    public string? Serde { get; init; }

    /// <summary>Of JSON, names and types of the object's own members, <c>name:type</c>, in ordinal order.</summary>
    public IReadOnlyList<string> Members { get; init; } = [];

    /// <summary>The format as messages print it.</summary>
    public string Text => Format ?? Serde ?? "bytes of an unknown kind";

    public static DataFormat Of<T>(ISerde<T> serde) => serde switch
    {
        NullableSerde nullable => nullable.InnerFormat,
        JsonSerde<T> json => new DataFormat { Format = Json, Members = json.Members() },
        _ when serde.GetType().Assembly == typeof(DataFormat).Assembly => new DataFormat { Format = NameOf(serde.GetType()) },
        _ => new DataFormat { Serde = serde.GetType().ToString() },
    };

    public bool Equals(DataFormat? other) =>
        other is not null && Format == other.Format && Serde == other.Serde && Members.SequenceEqual(other.Members);

    public override int GetHashCode() => HashCode.Combine(Format, Serde, Members.Count);

    /// <summary><c>Int64</c> of <c>Int64Serde</c>; of a windowed key also that of its key.</summary>
    private static string NameOf(Type serde)
    {
        var name = serde.Name.Split('`')[0];
        var format = name.EndsWith("Serde", StringComparison.Ordinal) ? name[..^"Serde".Length] : name;
        return serde.IsGenericType ? $"{format} of {serde.GenericTypeArguments[0]}" : format;
    }
}
