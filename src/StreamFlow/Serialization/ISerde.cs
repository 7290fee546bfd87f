using System.Buffers;

namespace StreamFlow.Serialization;

/// <summary>
/// Turns values into bytes and back. A serde never sees <see langword="null"/>: a missing key or value is missing bytes,
/// which the engine deals with. Instances are shared between threads and must not keep state between calls.
/// </summary>
/// <typeparam name="T">Type of the value.</typeparam>
public interface ISerde<T>
{
    /// <summary>Appends the bytes of a value.</summary>
    /// <param name="value">The value; never <see langword="null"/>.</param>
    /// <param name="writer">Where the bytes go; they are copied from there once.</param>
    void Serialize(T value, IBufferWriter<byte> writer);

    /// <summary>Reads a value from all of the given bytes.</summary>
    /// <param name="data">The bytes; valid during the call only.</param>
    /// <returns>The value; never <see langword="null"/>.</returns>
    /// <exception cref="FormatException">The bytes are not a value of this type.</exception>
    T Deserialize(ReadOnlySpan<byte> data);
}
