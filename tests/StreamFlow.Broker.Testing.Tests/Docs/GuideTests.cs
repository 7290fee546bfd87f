using Confluent.Kafka;
using StreamFlow.Broker;
using StreamFlow.Broker.Testing;
using StreamFlow.Testing;

namespace StreamFlow.Broker.Testing.Tests.Docs;

/// <summary>What the guide "Testing with a broker" shows, as it stands there.</summary>
public sealed class OrdersTests(TestBroker broker) : IClassFixture<TestBroker>
{
    [Fact]
    public async Task An_order_is_written()
    {
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = broker.BootstrapServers, Partitioner = Partitioner.Murmur2Random }).Build();

        var written = await producer.ProduceAsync("orders", new Message<string, string> { Key = "o1", Value = "book" });

        Assert.Equal(0, written.Offset.Value);
    }
}

/// <summary>The rest of it.</summary>
public sealed class PaymentsTests : IDisposable
{
    private readonly TestBroker _broker = TestBroker.Start(new EmbeddedBrokerOptions { Topics = [new BrokerTopic("payments", Partitions: 4)] });

    public void Dispose() => _broker.Dispose();

    [Fact]
    public void Faults_are_scripted()
    {
        BrokerFaultPlan faults = _broker.Faults;
        faults.Fail(BrokerApi.Produce, BrokerError.NotLeaderOrFollower, new RequestMatch { Topic = "payments", Times = 3 });
        faults.Delay(BrokerApi.Fetch, TimeSpan.FromSeconds(2), new RequestMatch { Nth = 5 });
        faults.DropAnswer(BrokerApi.OffsetCommit);
        faults.Disconnect(BrokerApi.EndTxn, FaultMoment.AfterEffect);
        faults.Crash(BrokerApi.Produce, CrashKind.PowerCut, FaultMoment.AfterEffect, new RequestMatch { When = request => request.ClientId == "billing" });
        faults.CrashAt(TransactionStep.AfterPrepare);
    }

    [Fact]
    public async Task A_payment_is_written_once_though_its_answer_is_lost()
    {
        BrokerFault lost = _broker.Faults.Disconnect(BrokerApi.Produce, FaultMoment.AfterEffect);
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = _broker.BootstrapServers, EnableIdempotence = true, Partitioner = Partitioner.Murmur2Random }).Build();

        await producer.ProduceAsync("payments", new Message<string, string> { Key = "p1", Value = "12.50" });

        Assert.Equal(1, lost.Hits);
        Assert.Equal(1, _broker.Broker.Describe().Topics.Single(topic => topic.Name == "payments").Partitions.Sum(partition => partition.EndOffset));
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_power_cut()
    {
        await using var broker = TestBroker.Start(new EmbeddedBrokerOptions { FlushPolicy = BrokerFlushPolicy.EveryAppend });
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = broker.BootstrapServers, Partitioner = Partitioner.Murmur2Random }).Build();
        await producer.ProduceAsync("payments", new Message<string, string> { Key = "p1", Value = "12.50" });

        await broker.CrashAsync(CrashKind.PowerCut);

        Assert.Equal(1, broker.Broker.Describe().Topics.Single(topic => topic.Name == "payments").Partitions[0].EndOffset);
    }

    [Fact]
    public void Retention_takes_a_week_in_no_time()
    {
        var clock = new VirtualTime(DateTimeOffset.UtcNow);
        using var broker = TestBroker.Start(new EmbeddedBrokerOptions { TimeProvider = clock });

        clock.Advance(TimeSpan.FromDays(7));
    }
}
