namespace StreamFlow.Tests.Runtime;

/// <summary>Stores that cannot be opened, written or closed for a while, or for good.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-full-").FullName;

    public static TheoryData<ProcessingGuarantee> Guarantees =>
        new(ProcessingGuarantee.AtLeastOnce, ProcessingGuarantee.ExactlyOnce);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Guarantees))]
    public async Task A_write_that_fails_after_the_commit_loses_and_doubles_nothing(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var stores = new FailingStores();
        var application = await StartAsync(harness, stores, guarantee);
        for (var wave = 0; wave < 6; wave++)
        {
            stores.FailWrites(wave % 3);
            CountingApplication.SendWave(harness, wave);
            await CountingApplication.UntilAllAreOut(harness);
        }

        await application.StopAsync();
        Assert.Null(application.Status.Error);
        Assert.True(stores.Failures >= 6 && stores.Opened > 2, $"{stores.Failures} failures, {stores.Opened} opened");
        CountingApplication.AssertExact(harness);
    }

    /// <summary>On Linux the device that is always full stands for the disk.</summary>
    [SkippableFact]
    public async Task A_start_on_a_full_disk_waits_for_space()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "/dev/full is Linux's.");
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var identity = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "app")).FullName, "streamflow-process-metadata");
        File.CreateSymbolicLink(identity + ".new", "/dev/full");

        var starting = Task.Run(() => StartAsync(harness, new FailingStores(), ProcessingGuarantee.ExactlyOnce));
        await Task.Delay(500);
        Assert.False(starting.IsCompleted);
        Assert.False(File.Exists(identity));
        File.Delete(identity + ".new");

        await starting;
        CountingApplication.SendWave(harness, 0);
        await CountingApplication.UntilAllAreOut(harness);
    }

    [Theory]
    [MemberData(nameof(Guarantees))]
    public async Task A_restore_that_cannot_write_is_tried_again_until_there_is_space(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var stores = new FailingStores { ThrowsIOException = guarantee == ProcessingGuarantee.AtLeastOnce };
        var first = await StartAsync(harness, stores, guarantee);
        CountingApplication.SendWave(harness, 0);
        await CountingApplication.UntilAllAreOut(harness);
        await first.StopAsync();
        stores.Clear();
        stores.FailWrites(4);

        var second = await StartAsync(harness, stores, guarantee);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        await second.StopAsync();
        Assert.Null(second.Status.Error);
        Assert.Equal(4, stores.Failures);
        CountingApplication.AssertExact(harness);
    }

    [Theory]
    [MemberData(nameof(Guarantees))]
    public async Task Stores_that_cannot_be_opened_or_closed_do_not_kill_the_thread(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var stores = new FailingStores { ThrowsIOException = guarantee == ProcessingGuarantee.ExactlyOnce };
        stores.FailOpens(2);
        var application = await StartAsync(harness, stores, guarantee);
        CountingApplication.SendWave(harness, 0);
        await CountingApplication.UntilAllAreOut(harness);
        stores.FailWrites(1);
        stores.FailCloses(1);
        stores.FailOpens(1);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
        CountingApplication.SendWave(harness, 2);
        await CountingApplication.UntilAllAreOut(harness);
        stores.FailCloses(2);

        await application.StopAsync();
        Assert.Equal(StreamsState.NotRunning, application.State);
        Assert.Null(application.Status.Error);
        CountingApplication.AssertExact(harness);
    }

    [Theory]
    [MemberData(nameof(Guarantees))]
    public async Task A_disk_that_stays_full_fails_the_thread_after_the_task_timeout_with_folder_and_remedy(
        ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var stores = new FailingStores();
        var application = await StartAsync(harness, stores, guarantee, TimeSpan.FromMilliseconds(500));
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        stores.FailWrites(int.MaxValue);
        CountingApplication.SendWave(harness, 0);

        await AppHarness.Until(() => application.State == StreamsState.Error, "the failure");

        var message = application.Status.Error!.Message;
        foreach (var part in new[]
        {
            "stores of task 0_0", Path.Combine(_folder, "app", "0_0"), "TaskTimeout (500 ms)", "Free space", FailingStores.Message,
        })
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }

        // What was committed stays, and is enough to go on with.
        stores.FailWrites(0);
        await StartAsync(harness, stores, guarantee);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
        CountingApplication.AssertExact(harness);
    }

    /// <summary>Another member takes over: the last commit before the rebalance meets the full disk.</summary>
    [Theory]
    [MemberData(nameof(Guarantees))]
    public async Task A_full_disk_in_a_rebalance_callback_costs_nothing(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 4), ("out", 4));
        var stores = new FailingStores();
        var first = await StartAsync(harness, stores, guarantee, commit: TimeSpan.FromSeconds(2));
        await AppHarness.Until(() => first.State == StreamsState.Running, "running");
        CountingApplication.SendWave(harness, 0, 50);
        stores.FailWrites(4);
        var second = await harness.StartAsync(CountingApplication.Build, options => Configure(options, guarantee));
        await AppHarness.Until(() => second.Status.Threads.Sum(t => t.Tasks.Count) > 0, "tasks that moved");
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        Assert.True(stores.Failures > 0);
        Assert.Null(first.Status.Error);
        Assert.Null(second.Status.Error);
        if (guarantee == ProcessingGuarantee.ExactlyOnce)
        {
            CountingApplication.AssertExact(harness);
        }
    }

    private static void Configure(StreamFlowOptions options, ProcessingGuarantee guarantee)
    {
        CountingApplication.ExactlyOnce(options);
        options.ProcessingGuarantee = guarantee;
    }

    private Task<StreamsApplication> StartAsync(
        AppHarness harness, FailingStores stores, ProcessingGuarantee guarantee, TimeSpan? taskTimeout = null,
        TimeSpan? commit = null) =>
        harness.StartAsync(
            CountingApplication.Build,
            options =>
            {
                Configure(options, guarantee);
                options.ClientId = "app";
                options.StateDirectory = _folder;
                options.TaskTimeout = taskTimeout ?? options.TaskTimeout;
                options.CommitInterval = commit ?? options.CommitInterval;
            },
            new StreamsServices { StoreBackend = stores });
}
