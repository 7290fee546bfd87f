using System.Collections.Concurrent;

namespace StreamFlow.Broker;

/// <summary>Work on many files, on threads of its own: those of the host's pool are for whoever wants an answer.</summary>
internal static class OwnThreads
{
    /// <summary>Below this many pieces for each a thread costs more than it saves.</summary>
    private const int PiecesPerThread = 8;

    /// <summary>Runs a step for each number below <paramref name="count"/>, on this thread and as many others as are worth it.</summary>
    /// <param name="count">How many.</param>
    /// <param name="degree">Threads at most, this one included.</param>
    /// <param name="name">Name of the others.</param>
    /// <param name="step">The step. After one that throws no further ones begin.</param>
    /// <exception cref="AggregateException">What steps threw.</exception>
    public static void For(int count, int degree, string name, Action<int> step)
    {
        int next = -1;
        ConcurrentQueue<Exception> failures = [];
        Thread[] helpers = new Thread[Math.Clamp(count / PiecesPerThread, 1, degree) - 1];
        for (int i = 0; i < helpers.Length; i++)
        {
            helpers[i] = new Thread(Work) { IsBackground = true, Name = $"{name}-{i + 1}" };
            helpers[i].Start();
        }

        Work();
        foreach (Thread helper in helpers)
        {
            helper.Join();
        }

        if (!failures.IsEmpty)
        {
            throw new AggregateException(failures);
        }

        void Work()
        {
            try
            {
                int i;
                while (failures.IsEmpty && (i = Interlocked.Increment(ref next)) < count)
                {
                    step(i);
                }
            }
#pragma warning disable CA1031 // It is thrown to who asked, on the thread that did.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                failures.Enqueue(exception);
            }
        }
    }
}
