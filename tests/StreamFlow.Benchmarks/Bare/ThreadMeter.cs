using System.Diagnostics;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Serialization;

namespace StreamFlow.Benchmarks.Bare;

/// <summary>What one thread uses between two points of its own work. Called on that thread only.</summary>
internal sealed class ThreadMeter
{
    private long _clock;
    private long _cpu;
    private long _allocated;

    public long Records { get; private set; }

    public double Seconds { get; private set; }

    public double CpuNanoseconds { get; private set; }

    public double AllocatedBytes { get; private set; }

    public void Start()
    {
        _cpu = ProcessReading.ThreadCpuNanoseconds();
        _allocated = GC.GetAllocatedBytesForCurrentThread();
        _clock = Stopwatch.GetTimestamp();
    }

    public void Stop(long records)
    {
        Seconds = Stopwatch.GetElapsedTime(_clock).TotalSeconds;
        AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - _allocated;
        CpuNanoseconds = ProcessReading.ThreadCpuNanoseconds() - _cpu;
        Records = records;
    }
}

/// <summary>Starts a meter at one record and stops it at another, on the thread that deserializes them.</summary>
internal sealed class MeteredSerde<T>(ISerde<T> inner, ThreadMeter meter, long first, long last, Action done) : ISerde<T>
{
    private long _count;

    public void Serialize(T value, System.Buffers.IBufferWriter<byte> writer) => inner.Serialize(value, writer);

    public T Deserialize(ReadOnlySpan<byte> data)
    {
        var count = ++_count;
        if (count == first)
        {
            meter.Start();
        }
        else if (count == last)
        {
            meter.Stop(last - first);
            done();
        }

        return inner.Deserialize(data);
    }
}
