using System.Buffers;
using StreamFlow.Processing;
using StreamFlow.Serialization;
using StreamFlow.TestSupport;
using StreamFlow.Tests.Processing;

namespace StreamFlow.Tests.Runtime;

/// <summary>
/// Code of the user's that stops the application it is part of. Who waits for the end inside of what the end waits for is
/// told so instead of hanging; who only asks for it, or awaits it and lets its caller go on, has it.
/// </summary>
public sealed class InsideWaitTests
{
    public enum Place
    {
        Operator,
        BehindStore,
        Deserializer,
        Serializer,
        TimestampExtractor,
        TopicChooser,
        Partitioner,
        Punctuation,
        DeserializationHandler,
        ProcessingHandler,
        ProductionHandler,
        ThreadFailureHandler,
        Listener,
        Logger,
    }

    public static TheoryData<Place, bool> Places()
    {
        var all = new TheoryData<Place, bool>();
        foreach (var place in Enum.GetValues<Place>())
        {
            all.Add(place, false);
            all.Add(place, true);
        }

        return all;
    }

    [Theory]
    [MemberData(nameof(Places))]
    public async Task A_wait_that_could_never_end_throws_and_the_application_ends(Place place, bool disposes)
    {
        await using var run = new Run(place, app => (disposes ? app.DisposeAsync().AsTask() : app.StopAsync()).GetAwaiter().GetResult());

        await run.StartAsync();
        await run.Harness.UntilWithTime(() => run.Failure is not null && run.Application.Completion.IsCompleted, "the end");

        var failure = Assert.IsType<InvalidOperationException>(run.Failure);
        Assert.Contains("application 'app'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Do not wait for StopAsync or DisposeAsync inside", failure.Message, StringComparison.Ordinal);
        Assert.True(run.Application.State is StreamsState.NotRunning or StreamsState.Error, $"{run.Application.State}");
    }

    [Theory]
    [InlineData(Place.Operator, "processing record in-0 offset 0 of task 0_0")]
    [InlineData(Place.BehindStore, "handing on what record in-0 offset 0 of task 0_0 left in a store")]
    [InlineData(Place.Punctuation, "in a punctuation of task 0_0")]
    [InlineData(Place.ThreadFailureHandler, "in the ThreadFailureHandler")]
    [InlineData(Place.Listener, "in a listener of StateChanged")]
    public async Task The_exception_says_what_waits(Place place, string what)
    {
        await using var run = new Run(place, app => app.StopAsync().GetAwaiter().GetResult());

        await run.StartAsync();
        await run.Harness.UntilWithTime(() => run.Failure is not null, "the exception");

        Assert.Contains(what, run.Failure!.Message, StringComparison.Ordinal);
    }

    /// <summary>The usual way around a wait on the calling thread changes nothing.</summary>
    [Theory]
    [InlineData(Place.Operator)]
    [InlineData(Place.ThreadFailureHandler)]
    [InlineData(Place.Listener)]
    public async Task A_wait_by_way_of_another_thread_throws_as_well(Place place)
    {
        await using var run = new Run(place, app => Task.Run(() => app.StopAsync()).GetAwaiter().GetResult());

        await run.StartAsync();
        await run.Harness.UntilWithTime(() => run.Application.Completion.IsCompleted, "the end");

        Assert.IsType<InvalidOperationException>(run.Failure);
    }

    [Theory]
    [InlineData(Place.Operator)]
    [InlineData(Place.BehindStore)]
    [InlineData(Place.Punctuation)]
    [InlineData(Place.Listener)]
    public async Task A_stop_that_is_not_waited_for_is_an_orderly_one(Place place)
    {
        await using var run = new Run(place, app => _ = app.StopAsync());

        await run.StartAsync();
        await run.Harness.UntilWithTime(() => run.Application.Completion.IsCompleted, "the end");

        await run.Application.Completion;
        Assert.Equal(StreamsState.NotRunning, run.Application.State);
        Assert.Null(run.Failure);
    }

    /// <summary>
    /// An asynchronous listener lets its caller go on when it waits. Were it refused, the exception would end the process, for
    /// nobody is left who could catch it.
    /// </summary>
    [Fact]
    public async Task A_listener_that_awaits_the_end_has_it()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var ended = new TaskCompletionSource<StreamsState>();
        var application = harness.Create(Run.Copy, services: new StreamsServices { Time = harness.Kafka.Time });
        application.StateChanged += async (_, state) =>
        {
            if (state == StreamsState.Running)
            {
                await application.StopAsync();
                await application.DisposeAsync();
                ended.SetResult(application.State);
            }
        };

        await application.StartAsync();

        // The clock stands still: how long the listener's caller takes to go on is up to the machine.
        await AppHarness.Until(() => ended.Task.IsCompleted, "the end");

        Assert.Equal(StreamsState.NotRunning, await ended.Task);
    }

    /// <summary>As after a pause of the process: time has passed before the listener's caller has had its turn.</summary>
    [Fact]
    public async Task A_jump_of_the_clock_is_not_taken_for_a_wait()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var release = new Gate();
        var clock = new JumpingTime(harness.Kafka.Time);
        Task? end = null;
        var application = harness.Create(Run.Copy, services: new StreamsServices { Time = clock });
        application.StateChanged += (_, state) =>
        {
            if (state == StreamsState.Running)
            {
                clock.HoldTimers();
                Volatile.Write(ref end, application.StopAsync());
                release.Wait();
            }
        };
        await application.StartAsync();
        await AppHarness.Until(() => Volatile.Read(ref end) is not null, "the listener");

        clock.Jump();
        release.Set();

        await end!;
        Assert.Equal(StreamsState.NotRunning, application.State);
    }

    [Fact]
    public async Task The_end_of_another_application_may_be_waited_for()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var other = await harness.StartAsync(Run.Copy, o => o.ApplicationId = "other");
        harness.Send("in", 0, "k", "v");

        await harness.StartAsync(builder => builder.Stream<string, string>("in")
            .Peek((_, _) => other.StopAsync().GetAwaiter().GetResult()).To("out"));
        await AppHarness.Until(() => harness.Values("out").Contains("v") && other.State == StreamsState.NotRunning, "both");
    }

    /// <summary>Once told to, fires all timers that were set since at once, as a system does that has slept; later ones not at all.</summary>
    private sealed class JumpingTime(TimeProvider inner) : TimeProvider
    {
        private List<Action>? _held;

        public override long TimestampFrequency => inner.TimestampFrequency;

        public void HoldTimers() => Volatile.Write(ref _held, []);

        public void Jump()
        {
            var due = Interlocked.Exchange(ref _held, []);
            lock (due!)
            {
                Assert.NotEmpty(due);
                due.ForEach(static fire => fire());
            }
        }

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (Volatile.Read(ref _held) is not { } held)
            {
                return inner.CreateTimer(callback, state, dueTime, period);
            }

            lock (held)
            {
                held.Add(() => callback(state));
            }

            return inner.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>An application with a piece of code in one of the places where the user's code runs; it runs there once.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly Place _place;
        private readonly Action<StreamsApplication> _code;
        private int _calls;

        public Run(Place place, Action<StreamsApplication> code)
        {
            (_place, _code) = (place, code);
            Application = Harness.Create(
                Describe,
                Configure,
                new StreamsServices { Time = Harness.Kafka.Time, Logging = new CallingLogger(Logged) });
            Application.StateChanged += (_, state) =>
            {
                if (state == StreamsState.Running)
                {
                    At(Place.Listener);
                }
            };
        }

        public AppHarness Harness { get; } = new(("in", 1), ("out", 1));

        public StreamsApplication Application { get; }

        public Exception? Failure { get; private set; }

        public static void Copy(StreamsBuilder builder) => builder.Stream<string, string>("in").To("out");

        public Task StartAsync()
        {
            Harness.Send("in", 0, "k", _place is Place.DeserializationHandler ? "unreadable" : "v");
            return Application.StartAsync();
        }

        public ValueTask DisposeAsync() => Harness.DisposeAsync();

        private void Describe(StreamsBuilder builder)
        {
            var stream = builder
                .Stream<string, string>("in", new()
                {
                    ValueSerde = new Serde(read: value =>
                    {
                        At(Place.Deserializer);
                        return value == "unreadable" ? throw new FormatException(value) : value;
                    }),
                    TimestampExtractor = (record, _) =>
                    {
                        At(Place.TimestampExtractor);
                        return record.Timestamp;
                    },
                })
                .Peek((_, _) => At(Place.Operator))
                .Hook(hook => hook.Schedule(PunctuationType.WallClockTime, 1, _ => At(Place.Punctuation)));
            if (_place is Place.ProcessingHandler or Place.ThreadFailureHandler)
            {
                stream = stream.MapValues(v => v.Length > 0 ? throw new InvalidOperationException("poison") : v);
            }

            if (_place is Place.BehindStore)
            {
                stream = stream.GroupByKey(new() { ValueSerde = Serdes.String })
                    .Aggregate(() => "", (_, v, _) => v, new() { Name = "last", ValueSerde = Serdes.String }).ToStream()
                    .Peek((_, _) => At(Place.BehindStore));
            }

            stream.To(
                _ =>
                {
                    At(Place.TopicChooser);
                    return "out";
                },
                new()
                {
                    ValueSerde = new Serde(write: value =>
                    {
                        At(Place.Serializer);
                        _ = _place is Place.ProductionHandler ? throw new FormatException(value) : 0;
                    }),
                    Partitioner = (_, _, _) =>
                    {
                        At(Place.Partitioner);
                        return 0;
                    },
                });
        }

        private void Configure(StreamFlowOptions options)
        {
            options.CacheMaxBytes = 1_000_000;
            options.CommitInterval = TimeSpan.FromSeconds(2);
            options.DeserializationErrorHandler = (in ErrorContext _) => Answer(Place.DeserializationHandler);
            options.ProcessingErrorHandler = (in ErrorContext _) => Answer(Place.ProcessingHandler);
            options.ProductionErrorHandler = (in ErrorContext _) => Answer(Place.ProductionHandler);
            options.ThreadFailureHandler = _ =>
            {
                At(Place.ThreadFailureHandler);
                return ThreadFailureResponse.ShutdownClient;
            };
        }

        private ErrorResponse Answer(Place place)
        {
            At(place);
            return ErrorResponse.Fail;
        }

        /// <summary>
        /// Acts at the line of the change of state, which the application waits for at its end. A timer that watches the application
        /// may log before it; nothing waits for that one, so that it may wait itself.
        /// </summary>
        private void Logged(string line)
        {
            if (line.EndsWith("-> Running", StringComparison.Ordinal))
            {
                At(Place.Logger);
            }
        }

        private void At(Place place)
        {
            if (place != _place || Interlocked.Increment(ref _calls) > 1)
            {
                return;
            }

            try
            {
                _code(Application!);
            }
            catch (Exception exception)
            {
                Failure = exception;
                throw;
            }
        }

        private sealed class Serde(Func<string, string>? read = null, Action<string>? write = null) : ISerde<string>
        {
            public void Serialize(string value, IBufferWriter<byte> writer)
            {
                write?.Invoke(value);
                Serdes.String.Serialize(value, writer);
            }

            public string Deserialize(ReadOnlySpan<byte> data)
            {
                var value = Serdes.String.Deserialize(data);
                return read is null ? value : read(value);
            }
        }
    }
}
