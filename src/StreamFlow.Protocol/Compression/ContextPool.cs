using System.Collections.Concurrent;

namespace StreamFlow.Protocol.Compression;

/// <summary>Keeps as many contexts for later use as there are processors; more are made and let go as needed.</summary>
internal sealed class ContextPool<T>(Func<T> create)
    where T : class, IDisposable
{
    private readonly ConcurrentQueue<T> _free = new();

    public T Rent() => _free.TryDequeue(out var context) ? context : create();

    public void Return(T context)
    {
        if (_free.Count < Environment.ProcessorCount)
        {
            _free.Enqueue(context);
        }
        else
        {
            context.Dispose();
        }
    }
}
