using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Tests.Groups;

namespace StreamFlow.Broker.Tests;

/// <summary>A clock that stands still until a test moves it; timers fire on the thread that does.</summary>
internal static class Clock
{
    public static FakeTimeProvider StandingStill() => new(DateTimeOffset.FromUnixTimeMilliseconds(GroupHarness.StartUnixMs));

    public static long NowMs(this TimeProvider clock) => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
