using System.Diagnostics;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Measuring;

/// <summary>Counts records as they are deserialized: each thread for itself, added up by the one that measures.</summary>
internal sealed class Steps
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, Counter> _counters = [];
    private long _firstSeen;

    /// <summary>When the first record came, as a timestamp of the stopwatch; 0 before.</summary>
    public long FirstSeen => Volatile.Read(ref _firstSeen);

    public long Total
    {
        get
        {
            lock (_gate)
            {
                return _counters.Values.Sum(c => c.Count);
            }
        }
    }

    public Counter OfThread(int threadId)
    {
        Interlocked.CompareExchange(ref _firstSeen, Stopwatch.GetTimestamp(), 0);
        lock (_gate)
        {
            if (!_counters.TryGetValue(threadId, out var counter))
            {
                counter = new Counter(threadId);
                _counters.Add(threadId, counter);
            }

            return counter;
        }
    }

    internal sealed class Counter(int threadId)
    {
        private long _count;

        public int ThreadId => threadId;

        public long Count => Volatile.Read(ref _count);

        /// <summary>To be called by the counter's own thread only.</summary>
        public void Add() => Volatile.Write(ref _count, _count + 1);
    }
}

/// <summary>A serde that counts what it reads.</summary>
internal sealed class CountingSerde<T>(ISerde<T> inner, Steps steps) : ISerde<T>
{
    private Steps.Counter? _last;

    public void Serialize(T value, System.Buffers.IBufferWriter<byte> writer) => inner.Serialize(value, writer);

    public T Deserialize(ReadOnlySpan<byte> data)
    {
        var counter = _last;
        if (counter is null || counter.ThreadId != Environment.CurrentManagedThreadId)
        {
            _last = counter = steps.OfThread(Environment.CurrentManagedThreadId);
        }

        counter.Add();
        return inner.Deserialize(data);
    }
}
