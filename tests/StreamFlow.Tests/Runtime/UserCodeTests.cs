using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using StreamFlow.TestSupport;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Handlers, listeners and loggers are the user's code: whatever they do, a failure stays the failure it is, nothing is left half
/// done, and nobody else waits for them.
/// </summary>
public sealed class UserCodeTests : IDisposable
{
    private readonly ListLogger _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task A_failure_handler_that_stops_the_application_does_not_undo_the_failure()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "poison");
        StreamsApplication? application = null;
        application = harness.Create(Picky, o => o.ThreadFailureHandler = error =>
        {
            _ = application!.StopAsync();
            return ThreadFailureResponse.ShutdownClient;
        });
        await application.StartAsync();

        await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(StreamsState.Error, application.State);
        Assert.IsType<RecordFailedException>(application.Status.Error);
    }

    [Fact]
    public async Task A_failure_handler_that_stops_the_application_and_wants_a_new_thread_does_not_get_one()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "poison");
        StreamsApplication? application = null;
        application = harness.Create(Picky, o => o.ThreadFailureHandler = error =>
        {
            _ = application!.StopAsync();
            return ThreadFailureResponse.ReplaceThread;
        });
        await application.StartAsync();

        await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(StreamsState.Error, application.State);
    }

    [Fact]
    public async Task A_failure_handler_that_throws_ends_the_application_by_the_failure_it_was_asked_about()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        harness.Send("in", 0, "k", "poison");
        var application = await harness.StartAsync(
            Picky,
            o =>
            {
                o.NumStreamThreads = 2;
                o.ThreadFailureHandler = _ => throw new NotSupportedException("the handler's own trouble");
            },
            new StreamsServices { Logging = _log });

        await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("record in-0 offset 0", application.Status.Error!.Message, StringComparison.Ordinal);
        Assert.Contains(
            _log.Messages, m => m.Contains("the ThreadFailureHandler threw", StringComparison.Ordinal)
                && m.Contains("record in-0 offset 0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(StreamsState.Rebalancing)]
    [InlineData(StreamsState.Running)]
    [InlineData(StreamsState.PendingShutdown)]
    [InlineData(StreamsState.NotRunning)]
    public async Task A_listener_that_throws_changes_nothing_and_the_others_are_told(StreamsState at)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "v");
        var application = harness.Create(Picky, services: new StreamsServices { Logging = _log });
        var seen = new List<StreamsState>();
        application.StateChanged += (_, state) => _ = state == at ? throw new InvalidOperationException("the listener's") : 0;
        application.StateChanged += (_, state) => seen.Add(state);

        await application.StartAsync();
        await AppHarness.Until(
            () => harness.Values("out").Count == 1 && application.State == StreamsState.Running, "the result and the state");
        await application.StopAsync();

        Assert.Equal(
            [StreamsState.Rebalancing, StreamsState.Running, StreamsState.PendingShutdown, StreamsState.NotRunning], seen);
        await application.Completion;
        Assert.Equal(1, harness.Kafka.CommittedOffsets("app")[new TopicPartition("in", 0)].Offset);
        Assert.Contains(_log.Messages, m => m.Contains($"threw when told of {at}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slow_listener_holds_up_neither_the_status_nor_the_threads()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        using var release = new Gate();
        var application = harness.Create(Picky, o => o.NumStreamThreads = 2);
        application.StateChanged += (_, _) => release.Wait();

        await application.StartAsync();
        await AppHarness.Until(() => application.Status.State == StreamsState.Running, "running while the listener waits");
        harness.Send("in", 0, "k", "0");
        harness.Send("in", 1, "k", "1");
        await AppHarness.Until(() => harness.Values("out").Count == 2, "the results of both threads");

        var stop = application.StopAsync();
        await AppHarness.Until(() => application.Status.Threads.Count == 0, "the threads' end");
        Assert.False(stop.IsCompleted);
        release.Set();
        await stop.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task A_listener_that_never_returns_does_not_keep_the_application_from_its_end()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var release = new Gate();
        var application = harness.Create(
            Picky, services: new StreamsServices { Time = harness.Kafka.Time, Logging = _log });
        application.StateChanged += (_, _) => release.Wait();
        await application.StartAsync();

        var stop = application.StopAsync();
        await harness.UntilWithTime(() => stop.IsCompleted, "the end");

        Assert.Equal(StreamsState.NotRunning, application.State);
        Assert.Contains(_log.Messages, m => m.Contains("has not returned within", StringComparison.Ordinal));
        release.Set();
    }

    [Fact]
    public async Task A_slow_failure_handler_holds_up_neither_the_status_nor_the_other_threads()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        using var asked = new Gate();
        using var release = new Gate();
        var thrown = 0;
        var application = await harness.StartAsync(
            // Once only: the other thread is given the record next.
            builder => builder.Stream<string, string>("in")
                .MapValues(v => v == "poison" && Interlocked.Exchange(ref thrown, 1) == 0 ? throw new InvalidOperationException("once") : v)
                .To("out"),
            o =>
            {
                o.NumStreamThreads = 2;
                o.ThreadFailureHandler = _ =>
                {
                    asked.Set();
                    release.Wait();
                    return ThreadFailureResponse.ShutdownClient;
                };
            });
        await AppHarness.Until(() => application.State == StreamsState.Running, "running");
        harness.Send("in", 0, "k", "poison");
        await AppHarness.Until(() => asked.IsSet, "the question");

        harness.Send("in", 1, "k", "fine");
        await AppHarness.Until(() => harness.Values("out").Contains("fine"), "the other thread's result");
        Assert.Equal(StreamsState.Rebalancing, application.Status.State);
        Assert.IsType<RecordFailedException>(application.Status.Error);
        release.Set();
        await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    /// <summary>Whoever logs under a lock makes each of these a deadlock.</summary>
    [Fact]
    public async Task Listeners_handlers_and_loggers_may_ask_for_the_status_on_other_threads()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "poison");
        StreamsApplication? application = null;
        void Ask()
        {
            if (application is not null)
            {
                var asking = new Thread(() => _ = application.Status);
                asking.Start();
                Assert.True(asking.Join(TimeSpan.FromSeconds(20)), "The status is not to be had.");
            }
        }

        application = harness.Create(
            Picky,
            o =>
            {
                o.ThreadFailureHandler = _ =>
                {
                    Ask();
                    return ThreadFailureResponse.ShutdownClient;
                };
                o.ProcessingErrorHandler = (in ErrorContext _) =>
                {
                    Ask();
                    return ErrorResponse.Fail;
                };
            },
            new StreamsServices { Logging = new CallingLogger(_ => Ask()) });
        application.StateChanged += (_, _) => Ask();
        await application.StartAsync();

        var failure = await Assert.ThrowsAsync<RecordFailedException>(
            () => application.Completion.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal("I do not like it", failure.InnerException!.Message);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.AtLeastOnce)]
    [InlineData(ProcessingGuarantee.ExactlyOnce)]
    public async Task A_logger_that_throws_ends_no_thread_and_loses_nothing(ProcessingGuarantee guarantee)
    {
        await using var harness = new AppHarness(("in", 2), ("out", 1));
        var logged = 0;
        using var broken = new CallingLogger(_ =>
        {
            Interlocked.Increment(ref logged);
            throw new IOException("no space left for the log");
        });
        CountingApplication.SendWave(harness, 1);
        var application = await harness.StartAsync(
            CountingApplication.Build,
            o =>
            {
                CountingApplication.ExactlyOnce(o);
                o.ProcessingGuarantee = guarantee;
            },
            new StreamsServices { Logging = broken });

        await CountingApplication.UntilAllAreOut(harness);
        await application.StopAsync();

        Assert.NotEqual(0, logged);
        Assert.Null(application.Status.Error);
        Assert.Equal(StreamsState.NotRunning, application.State);
        CountingApplication.AssertExact(harness);
    }

    [Fact]
    public async Task A_logger_that_throws_does_not_keep_a_failure_from_being_one()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Send("in", 0, "k", "poison");
        using var broken = new CallingLogger(_ => throw new IOException("no space left for the log"));
        var application = await harness.StartAsync(Picky, services: new StreamsServices { Logging = broken });

        await Assert.ThrowsAsync<RecordFailedException>(() => application.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(StreamsState.Error, application.State);
    }

    /// <summary>It is logged by the restore thread, at whose queue status and stream thread look too.</summary>
    [Fact]
    public async Task A_logger_that_blocks_while_state_is_restored_holds_up_no_status()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        CountingApplication.SendWave(harness, 1);
        var first = await harness.StartAsync(CountingApplication.Build, o => o.CacheMaxBytes = 0);
        await CountingApplication.UntilAllAreOut(harness);
        await first.StopAsync();
        using var reached = new Gate();
        using var release = new Gate();
        using var blocking = new CallingLogger(message =>
        {
            if (message.Contains("is restored", StringComparison.Ordinal))
            {
                reached.Set();
                release.Wait();
            }
        });

        var second = await harness.StartAsync(CountingApplication.Build, services: new StreamsServices { Logging = blocking });
        await AppHarness.Until(() => reached.IsSet, "the message");
        var status = Task.Run(() => second.Status);
        await AppHarness.Until(() => status.IsCompleted, "the status");
        release.Set();
        await AppHarness.Until(() => second.State == StreamsState.Running, "running");
    }

    [Fact]
    public async Task A_listener_of_the_meter_that_throws_ends_no_thread_and_is_told_of_once()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, own) =>
        {
            if (instrument.Meter.Name == "StreamFlow")
            {
                own.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Value is "broken-meter")
                {
                    throw new InvalidOperationException("the exporter is gone");
                }
            }
        });
        listener.Start();
        harness.Send("in", 0, "k", "poison");
        harness.Send("in", 0, "k", "poison");
        harness.Send("in", 0, "k", "fine");
        var application = await harness.StartAsync(
            Picky,
            o =>
            {
                o.ApplicationId = "broken-meter";
                o.ProcessingErrorHandler = static (in ErrorContext _) => ErrorResponse.Continue;
            },
            new StreamsServices { Logging = _log });

        await AppHarness.Until(
            () => harness.Kafka.CommittedOffsets("broken-meter").TryGetValue(new TopicPartition("in", 0), out var at) && at.Offset == 3,
            "all positions");
        await application.StopAsync();

        Assert.Null(application.Status.Error);
        Assert.Equal(["fine"], harness.Values("out"));
        Assert.Single(_log.Messages, m => m.Contains("a listener of the meter StreamFlow throws", StringComparison.Ordinal));
    }

    private static void Picky(StreamsBuilder builder) =>
        builder.Stream<string, string>("in")
            .MapValues(v => v == "poison" ? throw new InvalidOperationException("I do not like it") : v)
            .To("out");
}
