using StreamFlow.Runtime;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

public sealed class ThreadFailuresTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private readonly VirtualTime _time = new();

    [Fact]
    public void Waits_double_until_the_longest_and_end_when_the_limit_is_over()
    {
        var failures = new ThreadFailures(_time, Limit);
        var waits = new List<double>();
        while (waits.Count < 100 && failures.Next(new StreamsException("again")) is { } wait)
        {
            waits.Add(wait.TotalSeconds);
            _time.Advance(wait);
        }

        Assert.Equal([0, 0.5, 1, 2, 4, 8, 16, 30, 30], waits.Take(9));
        Assert.All(waits.Skip(9), w => Assert.Equal(30, w));
        Assert.InRange(failures.Failing, Limit, Limit + ThreadFailures.LongestWait);
        Assert.Equal(waits.Count + 1, failures.InARow);
    }

    [Fact]
    public void A_failure_after_a_quiet_time_is_the_first_of_its_row()
    {
        var failures = new ThreadFailures(_time, Limit);
        failures.Next(new StreamsException("once"));
        failures.Next(new StreamsException("twice"));
        Assert.Equal(2, failures.InARow);

        _time.Advance(ThreadFailures.Quiet);

        Assert.Equal(0, failures.InARow);
        Assert.Equal(TimeSpan.Zero, failures.Next(new StreamsException("another matter")));
        Assert.Equal(1, failures.InARow);
    }

    /// <summary>However long a thread needs each time until it meets it: to restore its state, for example.</summary>
    [Fact]
    public void The_same_record_is_the_same_matter_after_any_time()
    {
        var failures = new ThreadFailures(_time, Limit);
        var tries = 0;
        while (tries < 100 && failures.Next(Poison(offset: 7)) is not null)
        {
            tries++;
            _time.Advance(TimeSpan.FromMinutes(10));
        }

        Assert.Equal(2, tries);
    }

    [Fact]
    public void Another_record_is_another_matter_after_a_quiet_time()
    {
        var failures = new ThreadFailures(_time, Limit);
        for (var offset = 0; offset < 20; offset++)
        {
            Assert.Equal(TimeSpan.Zero, failures.Next(Poison(offset)));
            _time.Advance(ThreadFailures.Quiet);
        }
    }

    private static RecordFailedException Poison(long offset) => new("poison", new ErrorContext
    {
        Stage = ErrorStage.Processing,
        TaskId = new TaskId(0, 0),
        Operator = "op",
        Exception = new FormatException("poison"),
        Topic = "in",
        Partition = 0,
        Offset = offset,
    });
}
