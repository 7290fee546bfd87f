using StreamFlow.Measuring;

namespace StreamFlow.Tests;

/// <summary>For tasks that are made by the thousand and that nobody listens to.</summary>
internal static class Unheard
{
    /// <summary>A meter that counts and shows nothing: .NET keeps one, with all its instruments, until it is disposed of.</summary>
    public static ApplicationMeter Meter()
    {
        var meter = new ApplicationMeter("app");
        meter.Dispose();
        return meter;
    }
}
