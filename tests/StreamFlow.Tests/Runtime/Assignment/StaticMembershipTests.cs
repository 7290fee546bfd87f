using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Tests.Runtime;

/// <summary>By which identity the threads of an application join their group.</summary>
public sealed class StaticMembershipTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-members-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task State_on_disk_gives_each_thread_an_identity_that_a_restart_keeps()
    {
        var first = await RunAsync(o => o.NumStreamThreads = 2);
        var second = await RunAsync(o => o.NumStreamThreads = 2);

        Assert.Equal(2, first.Select(r => r.GroupInstanceId).Distinct().Count());
        Assert.All(first, r => Assert.Matches("^[0-9a-f-]{36}-[12]$", r.GroupInstanceId));
        Assert.Equal(first.Select(r => r.GroupInstanceId).Order(), second.Select(r => r.GroupInstanceId).Order());
    }

    [Fact]
    public async Task Another_state_directory_is_another_identity()
    {
        var first = await RunAsync(o => o.StateDirectory = Path.Combine(_folder, "a"));
        var second = await RunAsync(o => o.StateDirectory = Path.Combine(_folder, "b"));

        Assert.NotEqual(first.Single().GroupInstanceId, second.Single().GroupInstanceId);
    }

    [Fact]
    public async Task A_member_by_the_state_directory_leaves_when_it_is_stopped() =>
        Assert.True((await RunAsync(_ => { })).Single().LeavesOnClose);

    [Fact]
    public async Task A_given_identity_is_taken_and_stays_when_it_is_stopped()
    {
        var role = (await RunAsync(o => o.GroupInstanceId = "mine")).Single();

        Assert.Equal(("mine-1", false), (role.GroupInstanceId, role.LeavesOnClose));
    }

    [Fact]
    public async Task Membership_is_dynamic_on_demand_and_without_state_on_disk()
    {
        Assert.Null((await RunAsync(o => o.StaticMembership = false)).Single().GroupInstanceId);
        Assert.Null((await RunAsync(_ => { }, persistent: false)).Single().GroupInstanceId);
    }

    [Fact]
    public async Task A_thread_that_replaces_another_takes_over_its_identity()
    {
        var failures = 0;
        var roles = await RunAsync(
            o => o.ThreadFailureHandler = _ =>
            {
                failures++;
                return ThreadFailureResponse.ReplaceThread;
            },
            topology: b => b.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" }).ToStream()
                .Peek((_, _) => _ = failures == 0 ? throw new InvalidOperationException("once") : 0).To("out"));

        Assert.Equal(1, failures);
        Assert.Equal(2, roles.Count);
        Assert.Equal(roles.First().GroupInstanceId, roles.Last().GroupInstanceId);
    }

    [Fact]
    public async Task A_thread_that_was_pushed_out_joins_again_and_loses_nothing()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var application = await StartWithIdentityAsync(harness);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        using (var rival = Rival(harness))
        {
            rival.Poll(TimeSpan.Zero);
        }

        CountingApplication.SendWave(harness, 2);
        await CountingApplication.UntilAllAreOut(harness);
        await application.StopAsync();

        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task Two_processes_of_one_identity_end_with_an_error_that_names_it()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var application = await StartWithIdentityAsync(harness);
        await AppHarness.Until(
            () =>
            {
                using var rival = Rival(harness);
                try
                {
                    rival.Poll(TimeSpan.Zero);
                }
                catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.InstanceFenced)
                {
                    // The application was quicker this time.
                }

                return application.State == StreamsState.Error;
            },
            "the application gives up");

        Assert.Contains("FENCED_INSTANCE_ID", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Contains("mine-1", application.Status.Error!.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// Who gives a partition up has to join once more before another gets it. Killed in between, a static member comes back
    /// without a rebalance.
    /// </summary>
    [Fact]
    public async Task A_partition_given_up_by_a_member_that_was_killed_then_finds_an_owner()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var killed = Rival(harness, isKilledOnRevoke: true);
        killed.Poll(TimeSpan.Zero);
        var other = await StartWithIdentityAsync(harness, "other");
        await AppHarness.Until(() => IsKilled(killed), "a partition is taken away");
        killed.Dispose();

        var back = await StartWithIdentityAsync(harness);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        // The one that stayed may have had both while the other joined anew.
        await AppHarness.Until(
            () => new[] { other, back }.All(a => a.Status.Threads.Sum(t => t.Tasks.Count) == 1), "a task for each");
        CountingApplication.AssertExact(harness);
    }

    private static bool IsKilled(IKafkaConsumer consumer)
    {
        try
        {
            consumer.Poll(TimeSpan.Zero);
            return false;
        }
        catch (Exception exception) when (exception.InnerException is InvalidOperationException)
        {
            return true;
        }
    }

    private static Task<StreamsApplication> StartWithIdentityAsync(AppHarness harness, string identity = "mine") =>
        harness.StartAsync(CountingApplication.Build, o =>
        {
            CountingApplication.ExactlyOnce(o);
            o.GroupInstanceId = identity;
            o.ClientId = identity;
        });

    private static IKafkaConsumer Rival(AppHarness harness, bool isKilledOnRevoke = false)
    {
        var rival = harness.Kafka.CreateConsumer(new ConsumerRole("rival", "app", "mine-1", ReadCommitted: true, "earliest"));
        rival.Subscribe(["in"], ["in"], new NoTasks(isKilledOnRevoke));
        return rival;
    }

    /// <summary>Takes a place in the group and reads nothing.</summary>
    private sealed class NoTasks(bool isKilledOnRevoke) : IRebalanceListener
    {
        public IReadOnlyList<PartitionOffset> OnAssigned(IReadOnlyList<TopicPartition> leaders) =>
            [.. leaders.Select(l => new PartitionOffset(l, PartitionOffset.Stored))];

        public IReadOnlyList<TopicPartition> OnRevoked(IReadOnlyList<TopicPartition> leaders) =>
            isKilledOnRevoke ? throw new InvalidOperationException("killed") : leaders;

        public IReadOnlyList<TopicPartition> OnLost(IReadOnlyList<TopicPartition> leaders) => leaders;
    }

    [Theory]
    [InlineData("with blank", true)]
    [InlineData("mine", false)]
    public void Wrong_settings_are_named(string instance, bool isStatic)
    {
        var options = AppHarness.Options();
        options.GroupInstanceId = instance;
        options.StaticMembership = isStatic;

        Assert.Contains(options.Validate(), e => e.Contains(instance, StringComparison.Ordinal));
    }

    private async Task<IReadOnlyCollection<ConsumerRole>> RunAsync(
        Action<StreamFlowOptions> configure, bool persistent = true, Action<StreamsBuilder>? topology = null)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var clients = new RecordedRoles(harness.Kafka);
        harness.Send("in", 0, "a", "v");
        var application = await harness.StartAsync(
            topology ?? CountingApplication.Build,
            o =>
            {
                o.StateDirectory = _folder;
                configure(o);
            },
            new StreamsServices { StoreBackend = persistent ? new MemoryFactory() : null },
            clients);
        await AppHarness.Until(() => harness.Values("out").Count > 0, "a result");
        await application.StopAsync();
        return [.. clients.Consumers.Where(r => r.GroupId is not null)];
    }

    private sealed class MemoryFactory : IStoreBackendFactory
    {
        public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames) =>
            new InMemoryBackend(storeNames);
    }
}
