using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Serialization;

/// <summary>
/// The built-in serdes. They write exactly the bytes of the serdes of the same name in Apache Kafka
/// (<c>org.apache.kafka.common.serialization</c>), so both sides read each other's topics. Numbers are big-endian.
/// </summary>
[SuppressMessage("Naming", "CA1720", Justification = "A serde is named by the .NET type it is for.")]
public static class Serdes
{
    /// <summary>Text as UTF-8. Unpaired surrogates become <c>?</c>, invalid bytes U+FFFD, as in Java.</summary>
    public static ISerde<string> String { get; } = new StringSerde();

    /// <summary>Bytes as they are.</summary>
    public static ISerde<byte[]> Bytes { get; } = new BytesSerde();

    /// <summary>True or false, 1 byte (<c>BooleanSerializer</c>).</summary>
    public static ISerde<bool> Boolean { get; } = new BooleanSerde();

    /// <summary>A 16-bit number, 2 bytes (<c>ShortSerializer</c>).</summary>
    public static ISerde<short> Int16 { get; } = new Int16Serde();

    /// <summary>A 32-bit number, 4 bytes (<c>IntegerSerializer</c>).</summary>
    public static ISerde<int> Int32 { get; } = new Int32Serde();

    /// <summary>A 64-bit number, 8 bytes (<c>LongSerializer</c>).</summary>
    public static ISerde<long> Int64 { get; } = new Int64Serde();

    /// <summary>A 32-bit floating point number, 4 bytes (<c>FloatSerializer</c>).</summary>
    public static ISerde<float> Single { get; } = new SingleSerde();

    /// <summary>A 64-bit floating point number, 8 bytes (<c>DoubleSerializer</c>).</summary>
    public static ISerde<double> Double { get; } = new DoubleSerde();

    /// <summary>A UUID as its 36 characters in lower case (<c>UUIDSerializer</c>).</summary>
    public static ISerde<Guid> Guid { get; } = new GuidSerde();

    /// <summary>
    /// The key of a windowed table: the bytes of the key, then the window's start in 8 bytes
    /// (<c>TimeWindowedSerializer</c>). The end is not written; reading adds the size to the start.
    /// </summary>
    /// <typeparam name="TKey">Type of the key.</typeparam>
    /// <param name="key">Serde of the key.</param>
    /// <param name="size">Size of the windows; whole milliseconds, at least 1.</param>
    /// <returns>The serde.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The size is less than a millisecond.</exception>
    public static ISerde<Windowed<TKey>> Windowed<TKey>(ISerde<TKey> key, TimeSpan size)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, TimeSpan.FromMilliseconds(1));
        var length = (long)size.TotalMilliseconds;
        return new TimeWindowedSerde<TKey>(key, start => StreamFlow.Window.OfLength(start, length));
    }

    /// <summary>
    /// The key of a table by session: the bytes of the key, then the session's end and its start in 8 bytes each
    /// (<c>SessionWindowedSerializer</c>).
    /// </summary>
    /// <typeparam name="TKey">Type of the key.</typeparam>
    /// <param name="key">Serde of the key.</param>
    /// <returns>The serde.</returns>
    public static ISerde<Windowed<TKey>> SessionWindowed<TKey>(ISerde<TKey> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new SessionWindowedSerde<TKey>(key);
    }

    /// <summary>A value type that may be missing; a missing one never reaches the serde.</summary>
    internal static ISerde<T?> Nullable<T>(ISerde<T> inner)
        where T : struct => new NullableSerde<T>(inner);
}
