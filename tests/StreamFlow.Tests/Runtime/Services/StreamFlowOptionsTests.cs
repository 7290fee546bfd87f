namespace StreamFlow.Tests.Runtime;

public sealed class StreamFlowOptionsTests
{
    /// <summary>As a variable of the environment that is not there makes it. What else is wrong is told too.</summary>
    [Fact]
    public void What_is_null_is_named_beside_what_else_is_wrong()
    {
        var options = new StreamFlowOptions
        {
            ApplicationId = null!, ClientId = null!, StateDirectory = null!, GroupInstanceId = null!, TopologyVersion = null!, DeadLetterTopic = null!,
            DeserializationErrorHandler = null!, ProcessingErrorHandler = null!, ProductionErrorHandler = null!, ThreadFailureHandler = null!,
            NumStreamThreads = 0,
        };

        var errors = options.Validate();

        var canBeNull = typeof(StreamFlowOptions).GetProperties()
            .Where(p => p.SetMethod is { IsPublic: true } && !p.PropertyType.IsValueType).Select(p => p.Name).ToList();
        Assert.All(canBeNull, name => Assert.Contains($"{name} is null; give a value, or leave it at its default.", errors));
        Assert.Contains("NumStreamThreads is '0'; set it to 1 to 1024.", errors);
        Assert.Equal(canBeNull.Count + 1, errors.Count);
    }

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
            TransactionTimeout = TimeSpan.Zero,
            TaskTimeout = TimeSpan.FromSeconds(-1),
            ProcessingGuarantee = (ProcessingGuarantee)7,
            DeadLetterTopic = "dead letters",
        }.Validate();

        Assert.Equal(14, errors.Count);
        Assert.Contains(errors, e => e.Contains("'a b'", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.Contains("CacheMaxBytes is '-5'", StringComparison.Ordinal));
    }

    /// <summary>To .NET a text "5" is five days.</summary>
    [Fact]
    public void Times_of_days_are_refused_with_the_way_to_write_seconds()
    {
        var fiveDays = TimeSpan.Parse("5", System.Globalization.CultureInfo.InvariantCulture);
        var errors = new StreamFlowOptions
        {
            ApplicationId = "a", CommitInterval = fiveDays, PollTimeout = fiveDays, DeliveryTimeout = fiveDays, TransactionTimeout = fiveDays,
        }.Validate();

        Assert.Equal(4, errors.Count);
        Assert.Equal(
            "CommitInterval is '5 d'; set it to zero or more, at most a day (\"00:00:05\" is five seconds, \"5\" five days).", errors[0]);
        Assert.Empty(new StreamFlowOptions { ApplicationId = "a", CommitInterval = TimeSpan.FromDays(1) }.Validate());
    }

    [Theory]
    [InlineData(1L, true)]
    [InlineData(1L << 30, true)]
    [InlineData((1L << 30) + 1, false)]
    [InlineData(1L << 31, false)]
    public void MaxUncommittedBytes_stays_below_what_one_batch_can_hold(long bytes, bool valid) => Assert.Equal(
        valid, new StreamFlowOptions { ApplicationId = "a", MaxUncommittedBytes = bytes }.Validate().Count == 0);

    [Theory]
    [InlineData("orders")]
    [InlineData("a.b_c-1")]
    public void Validate_accepts_names_that_topics_may_have(string applicationId) =>
        Assert.Empty(new StreamFlowOptions { ApplicationId = applicationId }.Validate());

    /// <summary>It becomes part of a client id, where a dot ends it.</summary>
    [Theory]
    [InlineData("", true)]
    [InlineData("2024_05-rc", true)]
    [InlineData("a version of thirty-two-letters_", false)]
    [InlineData("a_version_of_thirty-two-letters_", true)]
    [InlineData("a_version_of_thirty-three-letters", false)]
    [InlineData("1.2", false)]
    [InlineData("ü", false)]
    public void TopologyVersion_is_one_that_a_mark_can_hold(string version, bool valid) => Assert.Equal(
        valid, new StreamFlowOptions { ApplicationId = "a", TopologyVersion = version }.Validate().Count == 0);

    [Fact]
    public void CommitInterval_left_alone_follows_the_guarantee_and_set_does_not()
    {
        Assert.Equal(TimeSpan.FromSeconds(30), new StreamFlowOptions().CommitInterval);
        Assert.Equal(
            TimeSpan.FromMilliseconds(100),
            new StreamFlowOptions { ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce }.CommitInterval);
        Assert.Equal(
            TimeSpan.FromSeconds(2),
            new StreamFlowOptions
            {
                CommitInterval = TimeSpan.FromSeconds(2), ProcessingGuarantee = ProcessingGuarantee.ExactlyOnce,
            }.CommitInterval);
    }

    [Theory]
    [InlineData(ProcessingGuarantee.ExactlyOnce, 10, 1)]
    [InlineData(ProcessingGuarantee.ExactlyOnce, 9, 0)]
    [InlineData(ProcessingGuarantee.AtLeastOnce, 10, 0)]
    public void A_commit_must_come_before_the_transaction_times_out(ProcessingGuarantee guarantee, int seconds, int errors) =>
        Assert.Equal(errors, new StreamFlowOptions
        {
            ApplicationId = "orders",
            ProcessingGuarantee = guarantee,
            CommitInterval = TimeSpan.FromSeconds(seconds),
        }.Validate().Count(e => e.Contains("TransactionTimeout", StringComparison.Ordinal)));
}
