namespace StreamFlow.State;

/// <summary>A value of a state store with its timestamp and headers.</summary>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Timestamp">Event time of the value in milliseconds since 1970-01-01T00:00Z.</param>
/// <param name="Headers">Its headers; <see langword="null"/> for none.</param>
public readonly record struct ValueTimestampHeaders<TValue>(TValue Value, long Timestamp, Headers? Headers);

/// <summary>A value of a session store with its headers; its time is the end of its session.</summary>
/// <typeparam name="TValue">Type of the value.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="Headers">Its headers; <see langword="null"/> for none.</param>
public readonly record struct ValueAndHeaders<TValue>(TValue Value, Headers? Headers);
