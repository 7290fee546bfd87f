namespace StreamFlow.Serialization;

/// <summary>
/// Where the serde of a key or value comes from. It is looked for when the topology is built, so that a serde may be
/// registered after the operator that needs it was described.
/// </summary>
internal sealed class SerdeSource<T>
{
    /// <summary>Whatever the registry has for the type.</summary>
    public static readonly SerdeSource<T> Registered = new(null, null);

    private readonly ISerde<T>? _given;
    private readonly Func<SerdeRegistry, string, ISerde<T>>? _find;

    private SerdeSource(ISerde<T>? given, Func<SerdeRegistry, string, ISerde<T>>? find)
    {
        _given = given;
        _find = find;
    }

    public static SerdeSource<T> Of(ISerde<T>? serde) => serde is null ? Registered : new SerdeSource<T>(serde, null);

    /// <summary>A serde made of others, which are found when the topology is built.</summary>
    public static SerdeSource<T> From(Func<SerdeRegistry, string, ISerde<T>> find) => new(null, find);

    /// <summary>The source of a stream made of two: theirs where it is the same, else whatever is registered.</summary>
    public static SerdeSource<T> Common(SerdeSource<T> a, SerdeSource<T> b) =>
        ReferenceEquals(a, b) || (a._given is not null && ReferenceEquals(a._given, b._given)) ? a : Registered;

    /// <summary>The first of several that does not leave it to the registry.</summary>
    public static SerdeSource<T> FirstGiven(IEnumerable<SerdeSource<T>> sources) =>
        sources.FirstOrDefault(source => !ReferenceEquals(source, Registered)) ?? Registered;

    /// <summary>This source, unless a serde is given.</summary>
    public SerdeSource<T> Or(ISerde<T>? serde) => serde is null ? this : Of(serde);

    /// <param name="registry">The topology's serdes.</param>
    /// <param name="where">Operator and role, as in "the values of KSTREAM-SINK-0000000001".</param>
    public ISerde<T> Resolve(SerdeRegistry registry, string where)
    {
        if ((_given ?? _find?.Invoke(registry, where)) is { } found)
        {
            return found;
        }

        return registry.TryGet<T>(out var serde)
            ? serde
            : throw new TopologyException(
                $"There is no serde of {typeof(T)} for {where}. Give one in the operator's options (KeySerde, ValueSerde), "
                + $"or register it: builder.Serdes.Add(new JsonSerde<{typeof(T).Name}>(...)).");
    }

    /// <summary>As <see cref="Resolve"/>, for bytes that are read: a serde that can never read them is found here and not at the first record.</summary>
    public ISerde<T> ResolveReading(SerdeRegistry registry, string where)
    {
        var serde = Resolve(registry, where);
        return (serde as JsonSerde<T>)?.WhyNeverRead() is { } why
            ? throw new TopologyException(
                $"No JSON can be read as {typeof(T)}, for {where}: {Sentences.End(why)} Take a class or record that can be made from its "
                + "members, name the type's derived types (JsonPolymorphic, JsonDerivedType), or give a converter.")
            : serde;
    }
}
