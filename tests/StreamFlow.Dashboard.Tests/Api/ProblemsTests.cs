using StreamFlow.Clients;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>What is wrong is told in plain words, the worst first.</summary>
public sealed class ProblemsTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly StreamsStatus Runs = new(StreamsState.Running, [Thread()], null);

    [Fact]
    public void Nothing_is_wrong_with_what_runs()
    {
        Assert.Equal("running", Phases.Of(Runs));
        Assert.Empty(Problems.Of(Runs, Now));
    }

    [Fact]
    public void Each_trouble_has_its_phase_and_its_words()
    {
        Check("disconnected", "error", "No broker answers at b:1: refused", Runs with { Outage = new BrokerOutage(Now.AddSeconds(-9), "b:1", "refused") });
        Check("stuck", "warning", "Thread t has been processing orders-0 for 40 s.", Runs with
        {
            Threads = [Thread() with { Stalled = new StalledWork("processing orders-0", TimeSpan.FromSeconds(40)) }],
        });
        Check("stuck", "error", "Thread t has been polling for 400 s.", Runs with
        {
            Threads = [Thread() with { Stalled = new StalledWork("polling", TimeSpan.FromSeconds(400)) { IsLeftBehind = true } }],
        });
        Check("stuck", "error", "orders-1 has 12 records", Runs with
        {
            Stuck = [new UnreadPartition(new TopicPartition("orders", 1), 12, TimeSpan.FromSeconds(70))],
        });
        Check("stuck", "error", "The transaction of thread t has been open for 50 s.", Runs with
        {
            Threads = [Thread() with { HangingTransaction = TimeSpan.FromSeconds(50) }],
        });
        Check("running", "warning", "orders-1 has 12 records", Runs with
        {
            Unread = [new UnreadPartition(new TopicPartition("orders", 1), 12, TimeSpan.FromSeconds(70))],
        });
        Check("running", "error", "A stranger is in the group.", Runs with { Problems = ["A stranger is in the group."] });
        Check("running", "warning", "Keys lie elsewhere.", Runs with { Warnings = ["Keys lie elsewhere."] });
        Check("failed", "error", "boom", new StreamsStatus(StreamsState.Error, [], new InvalidOperationException("boom")));
        Check("fenced", "error", "another", new StreamsStatus(
            StreamsState.Error, [], new KafkaClientException("another has it", KafkaErrorKind.InstanceFenced)));
        Check("restoring", "info", "Stores are being restored: about 7 changelog records to go.", new StreamsStatus(
            StreamsState.Rebalancing,
            [Thread() with { RestoreRemaining = 7, Tasks = [new StreamTaskStatus(new TaskId(0, 0), TaskState.Restoring)] }],
            null));
    }

    [Fact]
    public void The_worst_comes_first()
    {
        var found = Problems.Of(Runs with { Warnings = ["a warning"], Problems = ["an error"] }, Now);

        Assert.Equal(["error", "warning"], found.Select(p => p.Severity));
    }

    private static void Check(string phase, string severity, string text, StreamsStatus status)
    {
        Assert.Equal(phase, Phases.Of(status));
        var problem = Assert.Single(Problems.Of(status, Now));
        Assert.Equal(severity, problem.Severity);
        Assert.Contains(text, problem.Text, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Meaning);
        Assert.NotEmpty(problem.Remedy);
        Assert.True(problem.Since is null || problem.Since < Now);
    }

    private static ThreadStatus Thread() => new("t", IsSettled: true, HasJoined: true, 0, []);
}
