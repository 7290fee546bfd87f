using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class LogLifecycleTests
{
    [Fact]
    public void Next_allows_exactly_these_edges()
    {
        var allowed = new Dictionary<(LogState, LogEvent), LogState>
        {
            [(LogState.Online, LogEvent.StorageFailed)] = LogState.ReadOnly,
            [(LogState.ReadOnly, LogEvent.StorageFailed)] = LogState.ReadOnly,
            [(LogState.ReadOnly, LogEvent.Repaired)] = LogState.Online,
            [(LogState.ReadOnly, LogEvent.Closed)] = LogState.Closed,
            [(LogState.Online, LogEvent.Closed)] = LogState.Closed,
            [(LogState.Offline, LogEvent.Closed)] = LogState.Closed,
        };
        foreach (var state in Enum.GetValues<LogState>())
        {
            foreach (var happened in Enum.GetValues<LogEvent>())
            {
                if (allowed.TryGetValue((state, happened), out var next))
                {
                    Assert.Equal(next, LogLifecycle.Next(state, happened));
                }
                else
                {
                    Assert.Throws<InvalidOperationException>(() => LogLifecycle.Next(state, happened));
                }
            }
        }
    }
}
