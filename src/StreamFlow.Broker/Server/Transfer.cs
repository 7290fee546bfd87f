namespace StreamFlow.Broker.Server;

/// <summary>A message that a client is sending or taking, and what it holds meanwhile; all zero when there is none.</summary>
/// <param name="Bytes">The bytes of the budget.</param>
/// <param name="Elapsed">How long it has taken so far.</param>
/// <param name="Still">How long nothing of it has moved.</param>
internal readonly record struct Transfer(long Bytes, TimeSpan Elapsed, TimeSpan Still)
{
    /// <summary>
    /// Whether it may not go on while others wait for its bytes: nothing of it moves at all, or all of it moves more slowly than a
    /// MiB per second beyond the time-out.
    /// </summary>
    public bool Stalls(StallLimits limits) => Bytes > ByteBudget.OwnShare
        && (Still > limits.Still || Elapsed > limits.Whole + TimeSpan.FromSeconds(Bytes >> 20));
}

/// <summary>How long a client may take for a message while others wait for the bytes that it holds.</summary>
/// <param name="Still">The longest that nothing of it may move.</param>
/// <param name="Whole">The longest for all of it, and a second more for each MiB.</param>
internal readonly record struct StallLimits(TimeSpan Still, TimeSpan Whole);
