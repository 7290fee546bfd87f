using System.Globalization;
using StreamFlow.Runtime;
using Xunit.Abstractions;

namespace StreamFlow.Tests.Runtime;

/// <summary>Reads that a thread answers between its turns.</summary>
public sealed class LatestReadsTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private readonly LatestReads _reads = new();

    [Fact]
    public void While_nobody_asks_a_turn_costs_a_look()
    {
        const int Turns = 1_000_000;
        var began = TimeProvider.System.GetTimestamp();
        var (bytes, rounds) = SteadyAllocation.Measure(() =>
        {
            for (var i = 0; i < Turns; i++)
            {
                _reads.Answer();
            }
        });

        var each = TimeProvider.System.GetElapsedTime(began).TotalNanoseconds / rounds / Turns;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{each:F2} ns per turn"));
        Assert.Equal(0, bytes);
    }

    [Fact]
    public async Task Who_asks_gets_what_the_read_returns_or_throws()
    {
        var (value, error) = (Ask(() => 42), Ask<int>(() => throw new FormatException("of the read")));
        await Answered(value, error);

        Assert.Equal(42, await value);
        Assert.Equal("of the read", (await Assert.ThrowsAsync<FormatException>(() => error)).Message);
    }

    [Fact]
    public void Who_has_given_up_is_not_answered()
    {
        var asked = 0;

        Assert.Throws<TimeoutException>(() => _reads.Ask(() => asked++, TimeSpan.FromMilliseconds(1)));
        _reads.Answer();

        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_thread_that_ends_leaves_nobody_waiting()
    {
        var waiting = Ask(() => 1);
        while (!waiting.IsCompleted)
        {
            _reads.Close();
            await Task.Delay(1);
        }

        Assert.Throws<ObjectDisposedException>(() => _reads.Ask(() => 2, Long));
    }

    private async Task Answered(params Task[] asked)
    {
        while (asked.Any(task => !task.IsCompleted))
        {
            _reads.Answer();
            await Task.Delay(1);
        }
    }

    private Task<T> Ask<T>(Func<T> read)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() =>
        {
            try
            {
                answer.SetResult(_reads.Ask(read, Long));
            }
            catch (Exception exception)
            {
                answer.SetException(exception);
            }
        }) { IsBackground = true }.Start();
        return answer.Task;
    }
}
