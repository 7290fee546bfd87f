namespace StreamFlow.State;

/// <summary>A value of a state store with its timestamp.</summary>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Timestamp">
/// Event time of the value in milliseconds since 1970-01-01T00:00Z; -1 in a store that keeps no timestamps.
/// </param>
public readonly record struct ValueAndTimestamp<TValue>(TValue Value, long Timestamp);
