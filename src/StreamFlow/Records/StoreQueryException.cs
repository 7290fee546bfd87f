namespace StreamFlow;

/// <summary>Why a store of a running application cannot be read.</summary>
public enum StoreQueryFailure
{
    /// <summary>The topology has no store of that name.</summary>
    UnknownStore,

    /// <summary>The store is of another kind, or has other types of keys and values.</summary>
    WrongKind,

    /// <summary>The application has not been started, is stopping, or has ended.</summary>
    NotRunning,

    /// <summary>The partition that was asked for, or that the key belongs to, is with another instance or on its way.</summary>
    NotHere,

    /// <summary>The partition is here, and its store is being restored.</summary>
    Restoring,

    /// <summary>The store does not reflect the positions yet that were asked for.</summary>
    Behind,

    /// <summary>The task's thread did not answer in time.</summary>
    TimedOut,
}

/// <summary>
/// A store of a running application cannot be read now, or not so. <see cref="Failure"/> says whether to ask again, elsewhere or
/// otherwise.
/// </summary>
public sealed class StoreQueryException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0911";

    /// <summary>Creates the error.</summary>
    /// <param name="failure">Why.</param>
    /// <param name="message">Which store, what is in the way, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public StoreQueryException(StoreQueryFailure failure, string message, Exception? innerException = null)
        : base(message, innerException) => Failure = failure;

    /// <summary>Why.</summary>
    public StoreQueryFailure Failure { get; }

    /// <summary>Whether the same question may be answered a little later, here.</summary>
    public bool IsTransient => Failure is StoreQueryFailure.NotHere or StoreQueryFailure.Restoring
        or StoreQueryFailure.Behind or StoreQueryFailure.TimedOut;
}
