using System.Buffers;

namespace StreamFlow.Serialization;

/// <summary>
/// Turns values into bytes and back. A serde never sees <see langword="null"/>: a missing key or value is missing bytes,
/// which the engine deals with. Instances are shared between threads and must not keep state between calls, other than
/// those that <see cref="For"/> makes.
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

    /// <summary>
    /// The serde for one place: it may know the topic, whether it is for keys, and, during each call, the record's headers,
    /// which <see cref="Serialize"/> may add to. So can serdes be written that register a schema under the name of the topic,
    /// and put its id into the bytes or into a header. Called once for each place and task; the serde returned is used there
    /// and nowhere else, and may keep what it looked up. One that holds other serdes passes the call on to them.
    /// </summary>
    /// <param name="context">The place.</param>
    /// <returns>The serde; by default this one, for which the context costs nothing.</returns>
    /// <example><code>
    /// public ISerde&lt;Order&gt; For(SerdeContext context) => new RegisteredSerde(_registry, context);
    /// </code></example>
    ISerde<T> For(SerdeContext context) => this;
}
