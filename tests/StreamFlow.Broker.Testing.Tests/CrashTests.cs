using Confluent.Kafka;
using StreamFlow.Broker.Testing.Tests.Support;

namespace StreamFlow.Broker.Testing.Tests;

/// <summary>A broker that dies, in all the ways it can, and comes back.</summary>
public sealed class CrashTests : IDisposable
{
    private static readonly EmbeddedBrokerOptions Options = new() { Topics = [new BrokerTopic("orders")] };

    private readonly TestBroker _broker = TestBroker.Start(Options);

    public void Dispose() => _broker.Dispose();

    [Fact]
    public async Task A_killed_process_leaves_all_that_was_written_and_a_power_cut_what_was_flushed()
    {
        await Rdkafka.SendAsync(_broker, "orders", "one");
        string address = _broker.BootstrapServers;

        await _broker.CrashAsync();
        Assert.Equal(["one"], Rdkafka.ReadAll(_broker, "orders"));
        await Rdkafka.SendAsync(_broker, "orders", "two");
        await _broker.CrashAsync(CrashKind.PowerCut);

        // The first one was flushed when the broker put its log in order after the kill.
        Assert.Equal(["one"], Rdkafka.ReadAll(_broker, "orders"));
        Assert.Equal((3, address), (_broker.Lives, _broker.Broker.BootstrapServers));
    }

    [Fact]
    public async Task A_power_cut_takes_what_no_fsync_has_covered()
    {
        await Rdkafka.SendAsync(_broker, "orders", "one");

        await _broker.CrashAsync(CrashKind.PowerCut);

        Assert.Empty(Rdkafka.ReadAll(_broker, "orders"));
    }

    [Fact]
    public async Task A_power_cut_takes_nothing_that_was_acknowledged_after_an_fsync()
    {
        using TestBroker broker = TestBroker.Start(Options with { FlushPolicy = BrokerFlushPolicy.EveryAppend });
        await Rdkafka.SendAsync(broker, "orders", "one", "two");

        await broker.CrashAsync(CrashKind.PowerCut);
        await Rdkafka.SendAsync(broker, "orders", "three");
        await broker.CrashAsync(CrashKind.PowerCut);

        Assert.Equal(["one", "two", "three"], Rdkafka.ReadAll(broker, "orders"));
    }

    [Theory]
    [InlineData(FaultMoment.BeforeEffect)]
    [InlineData(FaultMoment.AfterEffect)]
    public async Task An_idempotent_producer_gets_over_a_crash_at_its_request(FaultMoment moment)
    {
        BrokerFault fault = _broker.Faults.Crash(BrokerApi.Produce, CrashKind.ProcessKilled, moment, new RequestMatch { Nth = 2 });
        using IProducer<string, string> producer = Rdkafka.Producer(_broker, static config => config.EnableIdempotence = true);

        foreach (string value in new[] { "one", "two", "three" })
        {
            await producer.ProduceAsync("orders", new Message<string, string> { Value = value }).WaitAsync(Rdkafka.Deadline);
        }

        Assert.Equal((1, 2), (fault.Hits, _broker.Lives));
        Assert.Equal(["one", "two", "three"], Rdkafka.ReadAll(_broker, "orders"));
    }

    /// <summary>Whatever step it dies at: a transaction whose commit was acknowledged is there once, one that was not decided is not.</summary>
    [Theory]
    [InlineData(CrashKind.ProcessKilled)]
    [InlineData(CrashKind.PowerCut)]
    public async Task A_transaction_is_whole_whatever_step_the_broker_dies_at(CrashKind kind)
    {
        using TestBroker broker = TestBroker.Start(Options with { FlushPolicy = BrokerFlushPolicy.EveryAppend });
        List<string> committed = [];
        TransactionStep[] steps =
            [TransactionStep.PartitionsAdded, TransactionStep.BeforePrepare, TransactionStep.AfterPrepare, TransactionStep.AfterMarker, TransactionStep.AfterComplete];
        using IProducer<string, string> producer = Rdkafka.Producer(broker, static config => config.TransactionalId = "orders");
        producer.InitTransactions(Rdkafka.Deadline);
        foreach (TransactionStep step in steps)
        {
            BrokerFault fault = broker.Faults.CrashAt(step, kind);
            if (Commit(producer, $"{step}"))
            {
                committed.Add($"{step}");
            }

            Assert.Equal(1, fault.Hits);
            await broker.UpAsync();
        }

        Assert.Equal(committed, Rdkafka.ReadAll(broker, "orders"));
        Assert.True(committed.Count >= 3, $"Only {string.Join(", ", committed)} were committed.");
    }

    [Fact]
    public void Steps_are_those_that_the_broker_has() => Assert.Equal(
        FaultPoints.All.Select(static point => point.Replace("txn.", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal)),
        Enum.GetNames<TransactionStep>().Select(static step => step.ToLowerInvariant())
            .Select(static step => step switch { "producerinitialised" => "afterinit", "partitionsadded" => "afteradd", _ => step }));

    [Fact]
    public async Task A_broker_that_is_stopped_stays_away_until_it_is_started()
    {
        await Rdkafka.SendAsync(_broker, "orders", "one");
        await _broker.StopAsync();
        Assert.Contains("StartAsync starts it", Assert.Throws<InvalidOperationException>(() => _broker.Broker).Message, StringComparison.Ordinal);
        Task sent = Rdkafka.SendAsync(_broker, "orders", "two");

        await _broker.StartAsync();

        await sent;
        Assert.Equal(["one", "two"], Rdkafka.ReadAll(_broker, "orders"));
        await _broker.RestartAsync();
        Assert.Equal(3, _broker.Lives);
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_and_reads_go_on_until_there_is_room()
    {
        await Rdkafka.SendAsync(_broker, "orders", "one");
        _broker.IsDiskFull = true;
        Task sent = Rdkafka.SendAsync(_broker, "orders", "two");
        await Eventually.TrueAsync(() => _broker.Broker.State.Condition == BrokerCondition.Degraded, "the broker is degraded");

        Assert.Equal(["one"], Rdkafka.ReadAll(_broker, "orders"));
        Assert.StartsWith("orders-0 takes no writes since", _broker.Broker.State.Summary, StringComparison.Ordinal);
        Assert.False(_broker.Broker.State.NeedsHelp);
        _broker.IsDiskFull = false;

        await sent.WaitAsync(Rdkafka.Deadline);
        await Eventually.TrueAsync(() => _broker.Broker.State.Condition == BrokerCondition.Healthy, "the broker is well");
        Assert.Equal("ready", _broker.Broker.State.Summary);
        Assert.Equal(["one", "two"], Rdkafka.ReadAll(_broker, "orders"));
    }

    [Fact]
    public async Task Brokers_run_beside_each_other_and_leave_nothing_behind()
    {
        TestBroker[] brokers = [.. Enumerable.Range(0, 4).Select(static _ => new TestBroker())];
        await Task.WhenAll(brokers.Select((broker, i) => Rdkafka.SendAsync(broker, "orders", $"{i}")));

        Assert.Equal(["0", "1", "2", "3"], brokers.Select(static broker => Rdkafka.ReadAll(broker, "orders").Single()));
        string[] folders = [.. brokers.Select(static broker => Path.GetDirectoryName(broker.Broker.DataDirectory)!)];
        foreach (TestBroker broker in brokers)
        {
            await broker.DisposeAsync();
            await broker.DisposeAsync();
        }

        Assert.DoesNotContain(folders, Directory.Exists);
    }

    [Fact]
    public async Task A_given_data_directory_stays()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("streamflow-test-");
        string data = Path.Combine(folder.FullName, "kept");
        await using (TestBroker broker = TestBroker.Start(Options with { DataDirectory = data }))
        {
            await Rdkafka.SendAsync(broker, "orders", "one");
            await broker.CrashAsync();
            Assert.Equal(data, broker.Broker.DataDirectory);
        }

        await using (TestBroker again = TestBroker.Start(Options with { DataDirectory = data }))
        {
            Assert.Equal(["one"], Rdkafka.ReadAll(again, "orders"));
        }

        Assert.Equal([data], Directory.GetDirectories(folder.FullName));
        folder.Delete(recursive: true);
    }

    /// <summary>A transaction as applications do it: what can be tried again is, what must be aborted is.</summary>
    private static bool Commit(IProducer<string, string> producer, string value)
    {
        producer.BeginTransaction();
        try
        {
            producer.Produce("orders", new Message<string, string> { Value = value });
            producer.Flush(Rdkafka.Deadline);
            for (int attempt = 0; ; attempt++)
            {
                try
                {
                    producer.CommitTransaction(Rdkafka.Deadline);
                    return true;
                }
                catch (KafkaRetriableException) when (attempt < 10)
                {
                    // Whether it was decided is not known: asking again tells.
                }
            }
        }
        catch (KafkaTxnRequiresAbortException)
        {
            producer.AbortTransaction(Rdkafka.Deadline);
            return false;
        }
    }
}
