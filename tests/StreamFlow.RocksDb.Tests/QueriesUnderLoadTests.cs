using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.RocksDb.Tests;

/// <summary>
/// Stores on disk are read by several threads while records come, partitions move between two instances and instances end: a
/// reader gets an answer that was true at some time, or a <see cref="StoreQueryException"/>, and nothing else.
/// </summary>
public sealed class QueriesUnderLoadTests : IDisposable
{
    private const int Partitions = 4;
    private const int Keys = 200;
    private const int Lives = 4;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private readonly TempFolder _folder = new();
    private readonly InMemoryKafka _kafka = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly ConcurrentQueue<StoreQueryFailure> _refusals = new();
    private long _answers;
    private volatile bool _isOver;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(ReadIsolation.Committed)]
    [InlineData(ReadIsolation.Uncommitted)]
    public async Task Readers_live_through_rebalances_and_ends(ReadIsolation isolation)
    {
        _kafka.CreateTopic("in", Partitions);
        var producer = new Thread(Produce);
        producer.Start();
        await using var first = Application("first");
        await first.StartAsync();
        var readers = Enumerable.Range(0, 3).Select(_ => new Thread(() => Read(first, isolation))).ToList();
        readers.ForEach(reader => reader.Start());
        for (var life = 0; life < Lives && _failures.IsEmpty; life++)
        {
            await using var second = Application("second");
            await second.StartAsync();
            var other = new Thread(() => Read(second, isolation));
            other.Start();
            var enough = Interlocked.Read(ref _answers) + 200;
            await Until(() => second.State == StreamsState.Running && Interlocked.Read(ref _answers) >= enough, "answers");
            await second.StopAsync();
            other.Join();
        }

        await first.StopAsync();
        _isOver = true;
        readers.Add(producer);
        readers.ForEach(reader => reader.Join());

        Assert.Empty(_failures);
        Assert.Contains(StoreQueryFailure.NotRunning, _refusals);
    }

    private static async Task Until(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
        {
            Assert.False(deadline.IsCancellationRequested, $"Not within {Deadline}: {what}");
            await Task.Delay(5);
        }
    }

    private StreamsApplication Application(string name)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().Count(new() { Name = "counts" });
        return new StreamsApplication(
            builder.Build(),
            new StreamFlowOptions
            {
                ApplicationId = "app",
                ClientId = name,
                CommitInterval = TimeSpan.FromMilliseconds(10),
                PollTimeout = TimeSpan.FromMilliseconds(5),
                StateDirectory = Path.Combine(_folder.Path, name),
                NumStreamThreads = 2,
            },
            _kafka,
            new StreamsServices { StoreBackend = new RocksDbBackendFactory() });
    }

    private void Produce()
    {
        for (var i = 0; !_isOver; i++)
        {
            var key = Encoding.UTF8.GetBytes(Key(i % Keys));
            _kafka.Append(new TopicPartition("in", Murmur2.Partition(key, Partitions)), key, "v"u8.ToArray(), i);
            if (i % 100 == 99)
            {
                Thread.Yield();
                using var pause = new ManualResetEventSlim();
                pause.Wait(1);
            }
        }
    }

    /// <summary>Reads until the application has ended, and once more.</summary>
    private void Read(StreamsApplication application, ReadIsolation isolation)
    {
        var counts = application.Stores.KeyValue<string, long>("counts", new() { Isolation = isolation });
        for (var i = 0; _failures.IsEmpty && !application.Completion.IsCompleted; i++)
        {
            try
            {
                if (i % 10 == 0)
                {
                    Assert.All(counts.All(), row => Assert.True(row.Value.Value > 0));
                }
                else if (counts.TryGet(Key(i % Keys), out var count))
                {
                    Assert.True(count > 0);
                }

                Interlocked.Increment(ref _answers);
            }
            catch (StoreQueryException refused)
            {
                if (_refusals.Count < 100_000)
                {
                    _refusals.Enqueue(refused.Failure);
                }
            }
#pragma warning disable CA1031 // Whatever it is fails the test.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _failures.Enqueue(failure);
            }
        }

        try
        {
            counts.TryGet(Key(0), out _);
        }
        catch (StoreQueryException refused)
        {
            _refusals.Enqueue(refused.Failure);
        }
    }

    private static string Key(int number) => "k" + number.ToString(CultureInfo.InvariantCulture);
}
