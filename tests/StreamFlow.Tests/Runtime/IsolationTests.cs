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
}
