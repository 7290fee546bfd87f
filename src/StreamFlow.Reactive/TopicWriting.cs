namespace StreamFlow.Reactive;

/// <summary>An observable that is being written into a topic.</summary>
public sealed class TopicWriting : IAsyncDisposable
{
    private readonly ITopicWriter _writer;

    internal TopicWriting(ITopicWriter writer) => _writer = writer;

    /// <summary>
    /// Ends when the observable has and all it emitted is acknowledged, or it was disposed of; fails with the error of the observable, or
    /// with what kept a record from being written.
    /// </summary>
    public Task Completion => _writer.Completion;

    /// <summary>How many records the producer has taken.</summary>
    public long Written => _writer.Written;

    /// <summary>How many records have given way because the broker was slow.</summary>
    public long Dropped => _writer.Dropped;

    /// <summary>Waits until all records that were emitted before are acknowledged.</summary>
    /// <returns>A task that ends then, and fails as <see cref="Completion"/> does.</returns>
    public Task FlushAsync() => _writer.FlushAsync();

    /// <summary>Takes no more from the observable, and waits until what it had emitted is acknowledged.</summary>
    /// <returns>A task that ends then; <see cref="Completion"/> says whether all went well.</returns>
    public async ValueTask DisposeAsync()
    {
        _writer.Stop();
        await _writer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

/// <summary>What writes, whatever the types.</summary>
internal interface ITopicWriter
{
    Task Completion { get; }

    long Written { get; }

    long Dropped { get; }

    Task FlushAsync();

    void Stop();
}
