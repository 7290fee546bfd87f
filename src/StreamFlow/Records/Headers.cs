using System.Collections;
using System.Diagnostics;
using System.Text;

namespace StreamFlow;

/// <summary>One header of a record: a name and bytes, which may be <see langword="null"/> in Kafka.</summary>
/// <param name="Key">Name of the header; not unique within a record.</param>
/// <param name="Value">Bytes of the header, or <see langword="null"/>.</param>
public readonly record struct Header(string Key, byte[]? Value);

/// <summary>
/// The headers of a record, in order; names may repeat. Immutable: siblings in a topology share one instance, and adding
/// to it in one branch must not show in another (in Kafka Streams it does).
/// </summary>
public sealed class Headers : IReadOnlyList<Header>
{
    private readonly Header[] _items;

    /// <summary>Creates headers from the given ones.</summary>
    /// <param name="items">The headers, in order; the sequence is copied.</param>
    public Headers(IEnumerable<Header> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        _items = [.. items];
    }

    /// <summary>Takes ownership of the array.</summary>
    internal Headers(Header[] items) => _items = items;

    /// <summary>The spans of the records that a traced record was made by; null where nothing is traced. Not sent.</summary>
    internal ActivityContext[]? MadeBy { get; init; }

    /// <summary>No headers.</summary>
    public static Headers Empty { get; } = new(Array.Empty<Header>());

    /// <summary>Number of headers.</summary>
    public int Count => _items.Length;

    /// <summary>The header at a position.</summary>
    /// <param name="index">Position from 0.</param>
    public Header this[int index] => _items[index];

    /// <summary>These headers and one more at the end.</summary>
    /// <param name="key">Name of the header.</param>
    /// <param name="value">Its bytes, or <see langword="null"/>.</param>
    /// <returns>A new instance.</returns>
    public Headers With(string key, byte[]? value)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new Headers([.. _items, new Header(key, value)]) { MadeBy = MadeBy };
    }

    /// <summary>These headers and one more at the end, its value in UTF-8.</summary>
    /// <param name="key">Name of the header.</param>
    /// <param name="value">Its text.</param>
    /// <returns>A new instance.</returns>
    public Headers With(string key, string value) => With(key, Encoding.UTF8.GetBytes(value));

    /// <summary>The value of the last header of that name, which is the one Kafka's clients return.</summary>
    /// <param name="key">Name of the header.</param>
    /// <param name="value">Its bytes, or <see langword="null"/> when it has none.</param>
    /// <returns>Whether there is such a header.</returns>
    public bool TryGetLast(string key, out byte[]? value)
    {
        for (var i = _items.Length - 1; i >= 0; i--)
        {
            if (string.Equals(_items[i].Key, key, StringComparison.Ordinal))
            {
                value = _items[i].Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    /// <inheritdoc/>
    public IEnumerator<Header> GetEnumerator() => ((IEnumerable<Header>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
}
