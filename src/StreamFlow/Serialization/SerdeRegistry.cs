using System.Diagnostics.CodeAnalysis;

namespace StreamFlow.Serialization;

/// <summary>
/// The serdes a topology takes where none is given: one per type. Those of <see cref="Serdes"/> are in it from the start,
/// also for the nullable forms of value types. It can be changed until the topology is built.
/// </summary>
public sealed class SerdeRegistry
{
    private readonly Dictionary<Type, object> _serdes = [];
    private bool _frozen;

    internal SerdeRegistry()
    {
        Add(Serdes.String);
        Add(Serdes.Bytes);
        AddValue(Serdes.Boolean);
        AddValue(Serdes.Int16);
        AddValue(Serdes.Int32);
        AddValue(Serdes.Int64);
        AddValue(Serdes.Single);
        AddValue(Serdes.Double);
        AddValue(Serdes.Guid);
    }

    /// <summary>Sets the serde of a type, in place of the one it had.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="serde">Its serde.</param>
    /// <returns>This registry.</returns>
    /// <exception cref="InvalidOperationException">The topology is built already.</exception>
    public SerdeRegistry Add<T>(ISerde<T> serde)
    {
        ArgumentNullException.ThrowIfNull(serde);
        if (_frozen)
        {
            throw new InvalidOperationException(
                $"The topology is built, its serdes are fixed: add the serde of {typeof(T).Name} before Build().");
        }

        _serdes[typeof(T)] = serde;
        return this;
    }

    /// <summary>Finds the serde of a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="serde">Its serde.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet<T>([NotNullWhen(true)] out ISerde<T>? serde)
    {
        serde = _serdes.TryGetValue(typeof(T), out var found) ? (ISerde<T>)found : null;
        return serde is not null;
    }

    internal void Freeze() => _frozen = true;

    private void AddValue<T>(ISerde<T> serde)
        where T : struct
    {
        Add(serde);
        Add(Serdes.Nullable(serde));
    }
}
