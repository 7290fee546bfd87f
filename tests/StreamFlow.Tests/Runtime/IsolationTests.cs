using System.Buffers.Binary;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Runtime;

/// <summary>Which records an application reads while their transactions are open, or after they were aborted: none.</summary>
public sealed class IsolationTests
{
    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce, true)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, false)]
    public async Task Inputs_are_read_committed_with_exactly_once_and_changelogs_always(ProcessingGuarantee guarantee, bool committed)
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        var clients = new RecordedRoles(harness.Kafka);
        harness.Send("in", 0, "a", "v");
        var application = await harness.StartAsync(
            CountingApplication.Build, o => o.ProcessingGuarantee = guarantee, clients: clients);
        await AppHarness.Until(() => harness.Values("out").Count > 0, "a result");
        await application.StopAsync();

        Assert.Equal(committed, Assert.Single(clients.Consumers, r => r.GroupId is not null).ReadCommitted);
        Assert.True(Assert.Single(clients.Consumers, r => r.ClientId.EndsWith("restore-consumer", StringComparison.Ordinal)).ReadCommitted);

        // Where a changelog ends must not depend on which transactions are decided already.
        Assert.False(Assert.Single(clients.Consumers, r => r.ClientId.EndsWith("restore-ends", StringComparison.Ordinal)).ReadCommitted);
    }

    /// <summary>
    /// A transaction is committed partition by partition: positions may be visible before the changelog records that belong
    /// to them. What is still undecided there when a restore begins belongs to the state if it is committed.
    /// </summary>
    [Fact]
    public async Task A_restore_waits_for_a_transaction_that_is_still_being_committed()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var former = await LeaveChangelogOpenAsync(harness);

        var second = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);
        harness.Send("in", 0, "a", "v");
        await AppHarness.Until(
            () => second.Status.Threads.Any(t => t.Tasks.Any(task => task.State == TaskState.Restoring)), "a restore");
        former.CommitTransaction(TimeSpan.FromSeconds(10));
        await AppHarness.Until(() => harness.Values("out").Count == 2, "the second result");

        Assert.Equal(["1", "42"], harness.Values("out"));
    }

    /// <summary>A transaction that nobody ends must not be a task that is missed without a word.</summary>
    [Fact]
    public async Task A_restore_behind_a_transaction_that_hangs_says_so()
    {
        await using var harness = new AppHarness(("in", 1), ("out", 1));
        using var former = await LeaveChangelogOpenAsync(harness);
        var (time, log) = (new VirtualTime(), new ListLogger());

        await harness.StartAsync(
            CountingApplication.Build, CountingApplication.ExactlyOnce, new StreamsServices { Time = time, Logging = log });
        await AppHarness.Until(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return log.Messages.Any(m => m.Contains("is not restored further than", StringComparison.Ordinal));
            },
            "a warning");

        Assert.Contains(
            $"in {CountingApplication.ChangelogTopic}-0",
            log.Messages.First(m => m.Contains("is not restored further than", StringComparison.Ordinal)),
            StringComparison.Ordinal);
    }

    /// <summary>An application has counted one record; a transaction that is still open has set the count to 41.</summary>
    private static async Task<IKafkaProducer> LeaveChangelogOpenAsync(AppHarness harness)
    {
        var first = await harness.StartAsync(CountingApplication.Build, CountingApplication.ExactlyOnce);
        harness.Send("in", 0, "a", "v");
        await AppHarness.Until(() => harness.Values("out").Count == 1, "the first result");
        await first.StopAsync();
        var former = harness.Kafka.CreateProducer(new ProducerRole("former", "former", TimeSpan.FromMinutes(5)));
        former.InitTransactions(TimeSpan.FromSeconds(10));
        former.BeginTransaction();
        var count = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(count, 41);
        Assert.True(former.TryProduce(
            former.Topic(CountingApplication.ChangelogTopic),
            0,
            new ByteRecord { Key = Encoding.UTF8.GetBytes("a"), HasKey = true, Value = count, HasValue = true },
            null));
        Assert.True(former.Drain(TimeSpan.FromSeconds(10)));
        return former;
    }
}
