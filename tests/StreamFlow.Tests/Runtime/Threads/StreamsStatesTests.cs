using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class StreamsStatesTests
{
    private static readonly Dictionary<(StreamsState, StreamsEvent), StreamsState> Allowed = new()
    {
        [(StreamsState.Created, StreamsEvent.Start)] = StreamsState.Rebalancing,
        [(StreamsState.Created, StreamsEvent.Stop)] = StreamsState.PendingShutdown,
        [(StreamsState.Created, StreamsEvent.Fail)] = StreamsState.PendingError,
        [(StreamsState.Rebalancing, StreamsEvent.ThreadsRunning)] = StreamsState.Running,
        [(StreamsState.Rebalancing, StreamsEvent.Stop)] = StreamsState.PendingShutdown,
        [(StreamsState.Rebalancing, StreamsEvent.Fail)] = StreamsState.PendingError,
        [(StreamsState.Running, StreamsEvent.ThreadsBusy)] = StreamsState.Rebalancing,
        [(StreamsState.Running, StreamsEvent.Stop)] = StreamsState.PendingShutdown,
        [(StreamsState.Running, StreamsEvent.Fail)] = StreamsState.PendingError,
        [(StreamsState.PendingShutdown, StreamsEvent.Fail)] = StreamsState.PendingError,
        [(StreamsState.PendingShutdown, StreamsEvent.Stopped)] = StreamsState.NotRunning,
        [(StreamsState.PendingError, StreamsEvent.Stopped)] = StreamsState.Error,
    };

    public static TheoryData<StreamsState, string> Edges()
    {
        var data = new TheoryData<StreamsState, string>();
        foreach (var state in Enum.GetValues<StreamsState>())
        {
            foreach (var happened in Enum.GetNames<StreamsEvent>())
            {
                data.Add(state, happened);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Edges))]
    public void Next_takes_the_edges_of_the_table_and_no_others(StreamsState state, string happened)
    {
        var parsed = Enum.Parse<StreamsEvent>(happened);
        var expected = Allowed.TryGetValue((state, parsed), out var to) ? to : (StreamsState?)null;

        Assert.Equal(expected, StreamsStates.Next(state, parsed));
    }
}
