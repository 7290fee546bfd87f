using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using StreamFlow.Clients;
using StreamFlow.Hosting.Tests.Support;
using StreamFlow.Testing;
using StreamFlow.TestSupport;

namespace StreamFlow.Hosting.Tests;

/// <summary>Applications in a host, from start to end. The exit code is the process's: one test at a time.</summary>
public sealed class StreamFlowHostedServiceTests : IDisposable
{
    private readonly int _exitCode = Environment.ExitCode;

    public void Dispose() => Environment.ExitCode = _exitCode;

    [Fact]
    public async Task Stop_commits_what_is_processed()
    {
        await using var host = new TestHost("in", "out").Add("shout", Topologies.Shout);
        host.Send("in", "a");

        await host.StartAsync();
        await TestHost.Until(() => host.Values("out").Count == 1, "the result");
        Assert.Equal(-1, host.Committed("shout", "in"));
        await host.StopAsync();

        Assert.Equal(["a!"], host.Values("out"));
        Assert.Equal(1, host.Committed("shout", "in"));
        Assert.Equal(0, Environment.ExitCode);
        Assert.Equal(StreamsState.NotRunning, host.Application("shout").State);
    }

    [Fact]
    public async Task Stop_of_the_application_after_the_hosts_changes_nothing()
    {
        await using var host = new TestHost("in", "out").Add("shout", Topologies.Shout);
        await host.StartAsync();
        await host.StopAsync();

        await host.Application("shout").StopAsync();
        await host.StopAsync();

        Assert.Equal(StreamsState.NotRunning, host.Application("shout").State);
        await host.Application("shout").Completion;
    }

    [Fact]
    public async Task Dispose_of_the_host_without_a_stop_drains()
    {
        var host = new TestHost("in", "out").Add("shout", Topologies.Shout);
        host.Send("in", "a");
        await host.StartAsync();
        var application = host.Application("shout");
        await TestHost.Until(() => host.Values("out").Count == 1, "the result");

        await host.DisposeAsync();

        Assert.Equal(StreamsState.NotRunning, application.State);
        Assert.Equal(1, host.Committed("shout", "in"));
    }

    [Fact]
    public async Task Two_applications_share_a_host()
    {
        await using var host = new TestHost("in", "middle", "out")
            .Add("first", builder => Topologies.Shout(builder, "in", "middle"))
            .Add("second", builder => Topologies.Shout(builder, "middle", "out"));
        host.Send("in", "a");

        await host.StartAsync();
        await TestHost.Until(() => host.Values("out").Count == 1, "the result of the second");
        Assert.NotSame(host.Application("first"), host.Application("second"));
        await host.StopAsync();

        Assert.Equal(["a!!"], host.Values("out"));
        Assert.Equal(1, host.Committed("first", "in"));
        Assert.Equal(1, host.Committed("second", "middle"));
    }

    [Fact]
    public async Task Applications_with_one_application_id_are_refused_before_anything_runs()
    {
        await using var host = new TestHost("in", "out", "out2")
            .Add("one", Topologies.Shout)
            .Add("two", builder => Topologies.Shout(builder, "in", "out2"), o => o.Streams.ApplicationId = "one");

        var error = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);

        Assert.Contains("'one': Streams.ApplicationId is 'one', which 'two' of this host has too", error.Message, StringComparison.Ordinal);
        Assert.Empty(host.Kafka.Assignment("one"));
    }

    [Fact]
    public void Add_of_the_same_name_twice_is_refused()
    {
        var services = new ServiceCollection();
        services.AddKeyedSingleton("orders", "a keyed service of another type is in nobody's way");
        services.AddStreamFlow("orders", (_, _) => { });

        var error = Assert.Throws<ArgumentException>(() => services.AddStreamFlow("orders", (_, _) => { }));

        Assert.Contains("'orders' was added before", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "'orders' was added before, which in the configuration is the same as 'Orders'",
            Assert.Throws<ArgumentException>(() => services.AddStreamFlow("Orders", (_, _) => { })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_application_stops_the_host_with_an_exit_code_and_the_others_drain()
    {
        await using var host = new TestHost("in", "picky", "out")
            .Add("shout", Topologies.Shout)
            .Add("picky", Topologies.Picky);
        host.Send("in", "a");
        await host.StartAsync();
        await TestHost.Until(() => host.Values("out").Count == 1, "the result of the healthy one");

        host.Send("picky", "poison");
        await host.Host.WaitForShutdownAsync().WaitAsync(TestHost.Deadline);

        Assert.Equal(1, Environment.ExitCode);
        Assert.Equal(StreamsState.Error, host.Application("picky").State);
        Assert.Equal(StreamsState.NotRunning, host.Application("shout").State);
        Assert.Equal(1, host.Committed("shout", "in"));
        Assert.Equal(1, host.Logged("Critical StreamFlow application 'picky' failed; the host stops, with exit code 1: "));

        // Engine and host say it; the stack trace is there once.
        Assert.Single(host.Log.Exceptions);
    }

    /// <summary>A failure that is answered by stopping is still one: the platform must start the process anew.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_failure_handler_that_stops_the_application_or_the_host_ends_with_an_exit_code(bool stopsHost)
    {
        await using var host = new TestHost("in", "picky", "out");
        host.Add("picky", Topologies.Picky, options => options.Streams.ThreadFailureHandler = error =>
        {
            if (stopsHost)
            {
                host.Lifetime.StopApplication();
            }
            else
            {
                _ = host.Application("picky").StopAsync();
            }

            return ThreadFailureResponse.ShutdownClient;
        });
        await host.StartAsync();

        host.Send("picky", "poison");
        await host.Host.WaitForShutdownAsync().WaitAsync(TestHost.Deadline);

        Assert.Equal(1, Environment.ExitCode);
        Assert.Equal(StreamsState.Error, host.Application("picky").State);
        Assert.Equal(1, host.Logged("Critical StreamFlow application 'picky' failed"));
    }

    [Fact]
    public async Task A_logger_that_throws_does_not_keep_the_host_from_stopping()
    {
        await using var host = new TestHost("picky", "out").Add("picky", Topologies.Picky);
        host.Log.Logged = line => _ = line.Contains("StreamFlow application 'picky' failed", StringComparison.Ordinal)
            ? throw new IOException("no space left for the log")
            : 0;
        await host.StartAsync();

        host.Send("picky", "poison");
        await host.Host.WaitForShutdownAsync().WaitAsync(TestHost.Deadline);

        Assert.Equal(1, Environment.ExitCode);
    }

    [Fact]
    public async Task A_failed_application_leaves_the_host_running_when_told_to()
    {
        await using var host = new TestHost("in", "picky", "out")
            .Add("shout", Topologies.Shout)
            .Add("picky", Topologies.Picky);
        host.Services.Configure<HostOptions>(
            o => o.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore);
        host.Services.AddHealthChecks().AddStreamFlow();
        await host.StartAsync();

        host.Send("picky", "poison");
        await TestHost.Until(() => host.Logged("Error StreamFlow application 'picky' failed") == 1, "the log");
        host.Send("in", "after");
        await TestHost.Until(() => host.Values("out").Contains("after!"), "the other application's result");
        var health = await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.False(host.Lifetime.ApplicationStopping.IsCancellationRequested);
        Assert.Equal(HealthStatus.Unhealthy, health.Entries["streamflow-picky"].Status);
        Assert.Equal("failed", health.Entries["streamflow-picky"].Data["phase"]);
        Assert.NotNull(health.Entries["streamflow-picky"].Exception);
        await host.StopAsync();
        Assert.Equal(0, Environment.ExitCode);
    }

    [Fact]
    public async Task A_last_commit_that_fails_is_told_by_the_exit_code()
    {
        await using var host = new TestHost("in", "out").Add("shout", Topologies.Shout);
        host.Send("in", "a");
        await host.StartAsync();
        await TestHost.Until(() => host.Values("out").Count == 1, "the result");
        host.Kafka.Faults.Fail(ClientCall.CommitOffsets, KafkaErrorKind.Fatal, new FaultMatch { Times = 100 });

        await host.StopAsync();

        Assert.Equal(1, Environment.ExitCode);
        Assert.Equal(StreamsState.Error, host.Application("shout").State);
        Assert.Equal(1, host.Logged("Critical StreamFlow application 'shout' failed"));
    }

    [Fact]
    public async Task A_record_that_hangs_holds_the_host_no_longer_than_its_timeout_and_is_logged()
    {
        using var release = new Gate();
        using var reached = new Gate();
        var host = new TestHost("in", "out").Add("stuck", builder => builder.Stream<string, string>("in").MapValues(v =>
        {
            reached.Set();
            release.Wait();
            return v;
        }).To("out"));
        host.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromMilliseconds(50));
        host.Send("in", "a");
        await host.StartAsync();
        await TestHost.Until(() => reached.IsSet, "the record");

        await host.StopAsync();
        await host.DisposeAsync();

        Assert.Equal(1, host.Logged("Warning StreamFlow application 'stuck' did not stop"));
        Assert.Equal(-1, host.Committed("stuck", "in"));
        release.Set();
        await TestHost.Until(() => host.Committed("stuck", "in") == 1, "the thread to end as it should");
    }

    [Fact]
    public async Task A_wrong_topology_fails_the_start_before_any_application_runs()
    {
        var built = 0;
        await using var host = new TestHost("in", "out").Add("shout", Topologies.Shout).Add("wrong", _ =>
        {
            built++;
            throw new TopologyException("The store 'totals' is used but not added.");
        });

        var error = await Assert.ThrowsAsync<TopologyException>(host.StartAsync);

        Assert.Equal("The store 'totals' is used but not added. [SF0902]", error.Message);
        Assert.Equal(1, built);
        Assert.Equal(1, host.Logged("Critical StreamFlow application 'wrong' cannot start: The store 'totals'"));
        Assert.Equal(StreamsState.Created, host.Application("shout").State);
    }

    [Fact]
    public async Task An_empty_topology_fails_the_start()
    {
        await using var host = new TestHost().Add("empty", _ => { });

        await Assert.ThrowsAsync<TopologyException>(host.StartAsync);
    }

    [Fact]
    public async Task A_missing_topic_ends_the_host_with_an_exit_code_and_names_application_and_topic()
    {
        await using var host = new TestHost("out").Add("shout", Topologies.Shout);

        await host.Host.RunAsync().WaitAsync(TestHost.Deadline);

        Assert.Equal(1, Environment.ExitCode);
        Assert.Single(host.Log.Lines, l =>
            l.StartsWith("Critical StreamFlow application 'shout' cannot start: ", StringComparison.Ordinal)
            && l.Contains("'in'", StringComparison.Ordinal));
        Assert.Equal(1, host.Logged("Critical"));
    }

    [Fact]
    public async Task A_start_that_fails_leaves_the_host_running_when_told_to()
    {
        await using var host = new TestHost("out").Add("shout", Topologies.Shout);
        host.Services.Configure<HostOptions>(
            o => o.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore);
        await host.StartAsync();

        await TestHost.Until(() => host.Logged("Error StreamFlow application 'shout' failed") == 1, "the log");

        Assert.False(host.Lifetime.ApplicationStopping.IsCancellationRequested);
        await host.StopAsync();
        Assert.Equal(0, Environment.ExitCode);
    }

    [Fact]
    public async Task Dispose_of_the_provider_without_await_drains_too()
    {
        var host = new TestHost("in", "out").Add("shout", Topologies.Shout);
        host.Send("in", "a");
        await host.StartAsync();
        var application = host.Application("shout");
        await TestHost.Until(() => host.Values("out").Count == 1, "the result");

        // Not the host's own, which awaits.
        ((IDisposable)host.Host.Services).Dispose();

        Assert.Equal(StreamsState.NotRunning, application.State);
        Assert.Equal(1, host.Committed("shout", "in"));
    }

    [Fact]
    public void Dispose_of_a_provider_whose_application_was_never_started_does_not_throw()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddKeyedSingleton<IKafkaClients>("shout", new InMemoryKafka());
        services.AddStreamFlow("shout", (topology, _) => Topologies.Shout(topology));
        using var provider = services.BuildServiceProvider();

        Assert.Equal(StreamsState.Created, provider.GetRequiredKeyedService<StreamsApplication>("shout").State);
    }

    [Fact]
    public async Task A_stop_in_the_middle_of_the_start_is_an_orderly_end()
    {
        await using var host = new TestHost("in", "out");
        host.Add("shout", builder =>
        {
            Topologies.Shout(builder);
            host.Lifetime.StopApplication();
        });

        await host.Host.RunAsync().WaitAsync(TestHost.Deadline);

        Assert.Contains("Information StreamFlow application 'shout' was stopped before it had started", host.Log.Lines);
        Assert.Equal(0, host.Logged("Critical") + host.Logged("Error"));
        Assert.Equal(0, Environment.ExitCode);
    }

    /// <summary>The code says that a failure stops the application; a poison record is skipped all the same, without a new release.</summary>
    [Theory]
    [InlineData("Continue", 0)]
    [InlineData("DeadLetter", 1)]
    public async Task A_poison_record_is_skipped_by_configuration(string answer, int deadLetters)
    {
        await using var host = new TestHost("picky", "out", "dead")
            .Configure(
                ("StreamFlow:picky:Streams:ProcessingErrors", answer), ("StreamFlow:picky:Streams:DeadLetterTopic", "dead"))
            .Add("picky", Topologies.Picky, o => o.Streams.ProcessingErrorHandler = (in ErrorContext _) => ErrorResponse.Fail);
        host.Send("picky", "poison");
        host.Send("picky", "good");

        await host.StartAsync();
        await TestHost.Until(() => host.Values("out").Count == 1, "the record behind it");
        await host.StopAsync();

        Assert.Equal(["good"], host.Values("out"));
        Assert.Equal(deadLetters, host.Values("dead").Count(v => v == "poison"));
        Assert.Equal(0, Environment.ExitCode);
    }

    [Fact]
    public async Task Topology_is_asked_for_once_with_the_hosts_services()
    {
        var calls = new List<string>();
        await using var host = new TestHost("in", "out");
        host.Services.AddSingleton("in");
        host.Services.AddKeyedSingleton<IKafkaClients>("shout", host.Kafka);
        host.Services.AddStreamFlow("shout", (topology, services) =>
        {
            calls.Add(services.GetRequiredService<string>());
            Topologies.Shout(topology, services.GetRequiredService<string>(), "out");
        });
        host.Services.AddHealthChecks().AddStreamFlow();

        await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        await host.StartAsync();
        await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        await host.StopAsync();

        Assert.Equal(["in"], calls);
    }
}
