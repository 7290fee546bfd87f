namespace StreamFlow.Reactive;

/// <summary>Rx operators that run between two topics.</summary>
public sealed class Stage : IAsyncDisposable
{
    private readonly Action _stop;

    internal Stage(Task completion, Action stop) => (Completion, _stop) = (completion, stop);

    /// <summary>Ends when the stage was stopped or its operators have completed; fails with what ended it.</summary>
    public Task Completion { get; }

    /// <summary>
    /// Stops: the operators are told of the end, what they emit then is written, positions are committed, and the group is left.
    /// </summary>
    /// <returns>A task that ends then; <see cref="Completion"/> says whether all went well.</returns>
    public async ValueTask DisposeAsync()
    {
        _stop();
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
