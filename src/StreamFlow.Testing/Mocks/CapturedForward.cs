namespace StreamFlow.Testing;

/// <summary>A record that a processor has forwarded.</summary>
/// <typeparam name="TKey">Type of the key.</typeparam>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="Record">The record.</param>
/// <param name="ChildName">The child it goes to; <see langword="null"/> for all.</param>
public readonly record struct CapturedForward<TKey, TValue>(Record<TKey, TValue> Record, string? ChildName);
