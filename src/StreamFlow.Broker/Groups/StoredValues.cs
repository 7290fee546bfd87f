namespace StreamFlow.Broker.Groups;

/// <summary>
/// Keys and values of a coordinator's log: generated messages behind a number, which is the kind of record in front of a key and the version in
/// front of a value.
/// </summary>
internal static class StoredValues
{
    /// <summary>All keys have version 0 and the encoding of old.</summary>
    public static void WriteKey<T>(WireWriter writer, short type, T key)
        where T : class, IWireType<T> => Write(writer, type, 0, key);

    public static void WriteValue<T>(WireWriter writer, short version, T value)
        where T : class, IWireType<T> => Write(writer, version, version, value);

    /// <summary>Reads a value of one version.</summary>
    /// <exception cref="InvalidDataException">It has another version.</exception>
    /// <exception cref="ProtocolException">The bytes end before the fields do.</exception>
    public static T ReadValue<T>(byte[] bytes, short version, string what)
        where T : class, IWireType<T>
    {
        var reader = new WireReader(bytes);
        short found = reader.ReadInt16();
        if (found != version)
        {
            throw new InvalidDataException($"A stored {what} has version {found}; this broker reads version {version}.");
        }

        reader.Version = version;
        return T.Read(ref reader);
    }

    private static void Write<T>(WireWriter writer, short number, short version, T message)
        where T : class, IWireType<T>
    {
        writer.Reset();
        writer.WriteInt16(number);
        writer.Version = version;
        message.Write(writer);
    }
}
