using Perfolizer.Horology;
using StreamFlow.Benchmarks.Measuring;

namespace StreamFlow.Benchmarks.Operators;

/// <summary>
/// Processor time of the calling thread, which does all the work here, collections included: what else runs on the machine makes
/// an operator late, not dear.
/// </summary>
internal sealed class ThreadClock : IClock
{
    public string Title => "processor time of the thread";

    public bool IsAvailable => OperatingSystem.IsLinux();

    public Frequency Frequency => Frequency.GHz;

    public long GetTimestamp() => ProcessReading.ThreadCpuNanoseconds();
}
