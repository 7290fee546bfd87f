using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>What the log tells at Information: a start in a line, and what is routine as routine.</summary>
public sealed class StartStoryTests
{
    [Fact]
    public async Task A_start_is_one_line_with_tasks_and_restored_records_and_empty_restores_are_none()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var log = new LevelLog();
        var first = await StartAsync(harness, log);

        Assert.Equal(["Application app runs: tasks 2 (0_0, 0_1), threads 1, changelog records restored 0"], log.Story("runs:"));
        Assert.Empty(log.Story("restoring store"));
        Assert.Empty(log.Story("is restored"));

        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
        await first.StopAsync();
        var again = new LevelLog();
        await StartAsync(harness, again);

        var records = Enumerable.Range(0, 2).Sum(p => harness.Kafka.Offsets(new TopicPartition(CountingApplication.ChangelogTopic, p)).HighWatermark);
        Assert.True(records > 0);
        Assert.Equal([$"Application app runs: tasks 2 (0_0, 0_1), threads 1, changelog records restored {records}"], again.Story("runs:"));

        // The thread that restores tells it when the tasks may run already.
        await AppHarness.Until(
            () => again.Story("restoring store").Count == 2 && again.Story("is restored").Count == 2, "a line for each store that was restored");
    }

    /// <summary>Behind the last row of a changelog there is the mark of its transaction, which no store needs.</summary>
    [Fact]
    public async Task State_that_is_there_already_is_not_told_as_restored_under_exactly_once()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        var stores = new LastingStores(harness);
        var first = await StartAsync(harness, new LevelLog(), stores);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);
        await first.StopAsync();

        var log = new LevelLog();
        var second = await StartAsync(harness, log, stores);
        await second.StopAsync();

        Assert.Equal(["Application app runs: tasks 2 (0_0, 0_1), threads 1, changelog records restored 0"], log.Story("runs:"));
        Assert.Empty(log.Story("restoring store"));
        Assert.Empty(log.Story("is restored"));
    }

    [Fact]
    public async Task A_rebalance_is_no_warning_and_has_no_stack_trace()
    {
        await using var harness = new AppHarness(("in", 2), ("out", 2));
        harness.Kafka.Faults.Fail(ClientCall.CommitOffsets, KafkaErrorKind.Migrated, new FaultMatch { Times = 2 });
        var log = new LevelLog();
        await StartAsync(harness, log);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        Assert.Equal(2, log.Story("the group rebalances, the next commit covers this one").Count);
        Assert.DoesNotContain(log.Lines, l => l.Level > LogLevel.Information || l.Exception is not null);
    }

    [Fact]
    public async Task A_client_that_mends_itself_is_a_warning_with_the_reason_and_without_a_stack_trace()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        harness.Kafka.Faults.Fail(ClientCall.CommitOffsets, KafkaErrorKind.Retriable, new FaultMatch { Times = 1 });
        var log = new LevelLog();
        await StartAsync(harness, log);
        CountingApplication.SendWave(harness, 1);
        await CountingApplication.UntilAllAreOut(harness);

        var line = Assert.Single(log.Lines, l => l.Level > LogLevel.Information);
        Assert.Equal((LogLevel.Warning, null), (line.Level, line.Exception));
        Assert.Matches(@"the offsets were not committed, the next commit covers them: [^\[\s]", line.Text);
    }

    [Fact]
    public async Task A_failure_is_logged_once_with_its_stack_trace()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var log = new LevelLog();
        var application = await harness.StartAsync(
            b => b.Stream<string, string>("in").MapValues<string>(_ => throw new InvalidOperationException("no")).To("out"),
            services: new StreamsServices { Logging = log });
        harness.Send("in", 0, "k", "v");
        await AppHarness.Until(() => application.Completion.IsFaulted, "the failure");

        Assert.Single(log.Lines, l => l.Exception is not null);
    }

    /// <param name="harness">Where.</param>
    /// <param name="log">Takes the story.</param>
    /// <param name="stores">Stores on a disk, with exactly-once; null: in memory, at least once.</param>
    private static async Task<StreamsApplication> StartAsync(AppHarness harness, LevelLog log, LastingStores? stores = null)
    {
        var application = await harness.StartAsync(
            CountingApplication.Build,
            o =>
            {
                o.CacheMaxBytes = 0;
                o.ProcessingGuarantee = stores is null ? ProcessingGuarantee.AtLeastOnce : ProcessingGuarantee.ExactlyOnce;
            },
            services: new StreamsServices { Logging = log, StoreBackend = stores });
        await AppHarness.Until(() => log.Story("runs:").Count > 0, "the line");
        return application;
    }

    private sealed class LevelLog : ILogger, ILoggerFactory
    {
        private readonly ConcurrentQueue<(LogLevel Level, string Text, Exception? Exception)> _lines = new();

        public IReadOnlyCollection<(LogLevel Level, string Text, Exception? Exception)> Lines => _lines;

        /// <summary>What is told at Information of something.</summary>
        public IReadOnlyList<string> Story(string what) =>
            [.. _lines.Where(l => l.Level == LogLevel.Information && l.Text.Contains($" {what}", StringComparison.Ordinal)).Select(l => l.Text)];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue((logLevel, formatter(state, exception), exception));

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one place only.");

        public void Dispose()
        {
            // Holds nothing.
        }
    }
}
