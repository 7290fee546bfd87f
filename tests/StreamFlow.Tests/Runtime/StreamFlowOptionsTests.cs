namespace StreamFlow.Tests.Runtime;

public sealed class StreamFlowOptionsTests
{
    [Fact]
    public void Validate_of_defaults_asks_for_the_application_id_only() =>
        Assert.Contains("ApplicationId", Assert.Single(new StreamFlowOptions().Validate()), StringComparison.Ordinal);

    [Fact]
    public void Validate_lists_every_wrong_setting_with_its_value()
    {
        var errors = new StreamFlowOptions
        {
            ApplicationId = "a b",
            NumStreamThreads = 0,
            CommitInterval = TimeSpan.FromSeconds(-1),
            StateDirectory = " ",
            CacheMaxBytes = -5,
            MaxUncommittedBytes = 0,
            PollTimeout = TimeSpan.Zero,
            RepartitionPurgeInterval = TimeSpan.Zero,
            DeliveryTimeout = TimeSpan.Zero,
            ReplicationFactor = 0,
        }.Validate();

        Assert.Equal(10, errors.Count);
        Assert.Contains(errors, e => e.Contains("'a b'", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.Contains("CacheMaxBytes is '-5'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("orders")]
    [InlineData("a.b_c-1")]
    public void Validate_accepts_names_that_topics_may_have(string applicationId) =>
        Assert.Empty(new StreamFlowOptions { ApplicationId = applicationId }.Validate());
}
