using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StreamFlow.Hosting.Tests.Support;
using StreamFlow.State;

namespace StreamFlow.Hosting.Tests;

public sealed class StreamFlowHostOptionsTests
{
    private static readonly Dictionary<string, (string Text, object Value)> EngineSettings = new()
    {
        [nameof(StreamFlowOptions.ApplicationId)] = ("billing", "billing"),
        [nameof(StreamFlowOptions.ClientId)] = ("client", "client"),
        [nameof(StreamFlowOptions.NumStreamThreads)] = ("3", 3),
        [nameof(StreamFlowOptions.CommitInterval)] = ("00:00:05", TimeSpan.FromSeconds(5)),
        [nameof(StreamFlowOptions.ProcessingGuarantee)] = ("exactlyOnce", ProcessingGuarantee.ExactlyOnce),
        [nameof(StreamFlowOptions.TransactionTimeout)] = ("00:00:40", TimeSpan.FromSeconds(40)),
        [nameof(StreamFlowOptions.TaskTimeout)] = ("00:02:00", TimeSpan.FromMinutes(2)),
        [nameof(StreamFlowOptions.ProgressTimeout)] = ("00:00:45", TimeSpan.FromSeconds(45)),
        [nameof(StreamFlowOptions.StateDirectory)] = ("/var/lib/orders", "/var/lib/orders"),
        [nameof(StreamFlowOptions.CacheMaxBytes)] = ("1024", 1024L),
        [nameof(StreamFlowOptions.MaxUncommittedBytes)] = ("2048", 2048L),
        [nameof(StreamFlowOptions.MaxEventTimeSkew)] = ("00:00:30", TimeSpan.FromSeconds(30)),
        [nameof(StreamFlowOptions.MaxTaskIdle)] = ("-00:00:01", TimeSpan.FromSeconds(-1)),
        [nameof(StreamFlowOptions.PollTimeout)] = ("00:00:00.050", TimeSpan.FromMilliseconds(50)),
        [nameof(StreamFlowOptions.DefaultOffsetReset)] = ("latest", OffsetReset.Latest),
        [nameof(StreamFlowOptions.GroupInstanceId)] = ("pod-1", "pod-1"),
        [nameof(StreamFlowOptions.TopologyVersion)] = ("2024-05", "2024-05"),
        [nameof(StreamFlowOptions.ClusterCheckInterval)] = ("00:00:30", TimeSpan.FromSeconds(30)),
        [nameof(StreamFlowOptions.PartitionerCheck)] = ("fail", PartitionerCheck.Fail),
        [nameof(StreamFlowOptions.ReplicationFactor)] = ("2", (short)2),
        [nameof(StreamFlowOptions.RepartitionPurgeInterval)] = ("00:01:00", TimeSpan.FromMinutes(1)),
        [nameof(StreamFlowOptions.DeliveryTimeout)] = ("00:00:10", TimeSpan.FromSeconds(10)),
        [nameof(StreamFlowOptions.DeadLetterTopic)] = ("dead", "dead"),
        [nameof(StreamFlowOptions.DeadLetterFallback)] = ("continue", ErrorResponse.Continue),
        [nameof(StreamFlowOptions.MissingOutputTopics)] = ("create", MissingTopicResponse.Create),
        [nameof(StreamFlowOptions.DeletedTopics)] = ("fail", DeletedTopicResponse.Fail),
        [nameof(StreamFlowOptions.DeserializationErrors)] = ("DeadLetter", ErrorResponse.DeadLetter),
        [nameof(StreamFlowOptions.ProcessingErrors)] = ("continue", ErrorResponse.Continue),
        [nameof(StreamFlowOptions.ProductionErrors)] = ("Fail", ErrorResponse.Fail),
        [nameof(StreamFlowOptions.MetricsLevel)] = ("debug", MetricsLevel.Debug),
        [nameof(StreamFlowOptions.RecordSampling)] = ("0.25", 0.25),
    };

    [Fact]
    public void Every_engine_setting_that_is_no_delegate_is_bound()
    {
        var options = Bind(
        [
            ("StreamFlow:orders:BootstrapServers", "broker:9092"),
            .. EngineSettings.Select(s => ("StreamFlow:orders:Streams:" + s.Key, s.Value.Text)),
        ]).Streams;

        var defaults = new StreamFlowOptions();
        var values = typeof(StreamFlowOptions).GetProperties()
            .Where(p => !typeof(Delegate).IsAssignableFrom(p.PropertyType) && p.Name != nameof(StreamFlowOptions.StaticMembership));
        foreach (var property in values)
        {
            Assert.True(EngineSettings.TryGetValue(property.Name, out var setting), $"{property.Name} is not tested.");
            Assert.Equal(setting.Value, property.GetValue(options));
            Assert.NotEqual(property.GetValue(defaults), property.GetValue(options));
        }
    }

    /// <summary>By itself: it must not be off where an identity is given.</summary>
    [Fact]
    public void Static_membership_is_bound() =>
        Assert.False(Bind(
            ("StreamFlow:orders:BootstrapServers", "broker:9092"),
            ("StreamFlow:orders:Streams:StaticMembership", "false")).Streams.StaticMembership);

    [Fact]
    public void Address_dictionaries_and_backend_are_bound()
    {
        var options = Bind(
            ("StreamFlow:orders:BootstrapServers", "broker:9092"),
            ("StreamFlow:orders:StoreBackend", "inmemory"),
            ("StreamFlow:orders:Client:security.protocol", "ssl"),
            ("StreamFlow:orders:Consumer:max.poll.interval.ms", "60000"),
            ("StreamFlow:orders:Producer:compression.type", "lz4"),
            ("StreamFlow:orders:Producer:linger.ms", "1"),
            ("StreamFlow:other:BootstrapServers", "elsewhere:9092"));

        Assert.Equal("broker:9092", options.BootstrapServers);
        Assert.Equal(StoreBackend.InMemory, options.StoreBackend);
        Assert.Equal("ssl", Assert.Single(options.Client).Value);
        Assert.Equal("60000", options.Consumer["max.poll.interval.ms"]);
        Assert.Equal("lz4", options.Producer["compression.type"]);
        Assert.Equal("1", options.Producer["linger.ms"]);
    }

    [Fact]
    public void Defaults_are_the_registered_name_and_the_engines_own()
    {
        var options = Bind(("StreamFlow:orders:BootstrapServers", "broker:9092"));

        Assert.Equal(new StreamFlowOptions().CommitInterval, options.Streams.CommitInterval);
        Assert.Equal("orders", options.Streams.ApplicationId);
        Assert.Equal(StoreBackend.RocksDb, options.StoreBackend);
    }

    [Fact]
    public void Code_has_the_last_word_over_configuration()
    {
        var options = Bind(
            o => o.Streams.NumStreamThreads *= 2,
            ("StreamFlow:orders:BootstrapServers", "broker:9092"), ("StreamFlow:orders:Streams:NumStreamThreads", "4"));

        Assert.Equal(8, options.Streams.NumStreamThreads);
    }

    [Theory]
    [InlineData("Streams:CommitIntervall", "00:00:05", "'{0}' is no setting. Did you mean 'StreamFlow:orders:Streams:CommitInterval'?")]
    [InlineData("BootstrapServer", "broker:9092", "'{0}' is no setting. Did you mean 'StreamFlow:orders:BootstrapServers'?")]
    [InlineData("commitinterval", "00:00:05", "'{0}' is no setting. Did you mean 'StreamFlow:orders:Streams:CommitInterval'?")]
    [InlineData("Streams:StoreBackend", "InMemory", "'{0}' is no setting. Did you mean 'StreamFlow:orders:StoreBackend'?")]
    [InlineData(
        "Colour", "red", "'{0}' is no setting. Remove it; there are BootstrapServers, StoreBackend, Client, Consumer, Producer, Streams.")]
    [InlineData(
        "Streams:ProcessingErrorHandler", "Continue", "'{0}' is a function, which configuration cannot give: set it in code.")]
    [InlineData(
        "Streams:CommitInterval", "soon",
        "'{0}' is 'soon'; set it to a time as hours:minutes:seconds, such as \"00:00:05\" for five seconds.")]
    [InlineData(
        "Streams:CommitInterval", "5",
        "'{0}' is '5', which would be 5 days to .NET; for 5 seconds write \"00:00:05\" (hours:minutes:seconds).")]
    [InlineData("Streams:NumStreamThreads", "two", "'{0}' is 'two'; set it to a whole number from -2147483648 to 2147483647.")]
    [InlineData("Streams:RecordSampling", "half", "'{0}' is 'half'; set it to a number, such as 0.5.")]
    [InlineData("Streams:StaticMembership", "yes", "'{0}' is 'yes'; set it to true or false.")]
    [InlineData("Streams", "fast", "'{0}' is 'fast'; it has settings below it, and no value of its own.")]
    [InlineData(
        "BootstrapServers:0", "broker:9092", "'StreamFlow:orders:BootstrapServers' is a list or a section; give it one value: \"broker:9092\".")]
    [InlineData("Client:sasl.password:0", "secret", "'StreamFlow:orders:Client:sasl.password' is a list or a section; give it one value: a text.")]
    [InlineData(
        "Streams:TaskTimeout", "24:00:00",
        "'{0}' is '24:00:00', which would be 24 days to .NET; for 24 hours write \"1.00:00:00\" (days.hours:minutes:seconds).")]
    [InlineData("Streams:DeserializationErrors", "Fail, Continue", "'{0}' is 'Fail, Continue'; set it to Fail or Continue or DeadLetter.")]
    [InlineData(
        "Streams:sasl.password", "secret", "'{0}' is no setting here; those of Kafka's clients stand below 'StreamFlow:orders:Client' or "
            + "'StreamFlow:orders:Consumer' or 'StreamFlow:orders:Producer'.")]
    [InlineData("Streams:num.stream.threads", "2", "'{0}' is no setting. Did you mean 'StreamFlow:orders:Streams:NumStreamThreads'?")]
    [InlineData("commit.interval.ms", "2000", "'{0}' is no setting. Did you mean 'StreamFlow:orders:Streams:CommitInterval'?")]
    [InlineData(
        "Client:sasl:password", "secret",
        "'StreamFlow:orders:Client:sasl' has settings below it; names of client settings have points in them. Write 'sasl.password'.")]
    [InlineData("session.timeout.ms", "6000", "'{0}' is no setting here; those of Kafka's clients stand below 'StreamFlow:orders:Client' or "
        + "'StreamFlow:orders:Consumer' or 'StreamFlow:orders:Producer'.")]
    [InlineData(
        "Consumer:commitInterval", "00:00:05", "'{0}' is no setting of the client. Did you mean 'StreamFlow:orders:Streams:CommitInterval'?")]
    [InlineData("StoreBackend", "Postgres", "'{0}' is 'Postgres'; set it to RocksDb or InMemory.")]
    public void A_setting_that_cannot_be_read_is_an_error_that_says_what_to_write(string key, string value, string says)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(("StreamFlow:orders:" + key, value)));

        Assert.Equal("StreamFlow application 'orders': " + string.Format(null, says, "StreamFlow:orders:" + key), error.Failures.First());
    }

    /// <summary>It has its default only because what was given cannot be read: nothing is said of that.</summary>
    [Fact]
    public void What_cannot_be_read_is_not_called_missing_or_unfit()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(
            ("StreamFlow:orders:bootstrapServers:0", "broker:9092"),
            ("StreamFlow:orders:Streams:ProcessingGuarantee", "ExactlyOnce"),
            ("StreamFlow:orders:Streams:TransactionTimeout", "60s"),
            ("StreamFlow:orders:Streams:CommitInterval", "00:00:20")));

        Assert.Equal(2, error.Failures.Count());
        Assert.Contains(error.Failures, f => f.Contains("'StreamFlow:orders:bootstrapServers' is a list", StringComparison.Ordinal));
        Assert.Contains(error.Failures, f => f.Contains("'60s'", StringComparison.Ordinal));
    }

    /// <summary>That it cannot be read hides nothing but what is said of itself.</summary>
    [Fact]
    public void A_section_that_is_a_value_does_not_hide_what_has_its_name_within_its_own()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(
            o => o.Streams.CommitInterval = TimeSpan.FromDays(2),
            ("StreamFlow:orders:BootstrapServers", "broker:9092"), ("StreamFlow:orders:Streams", "fast")));

        Assert.Equal(2, error.Failures.Count());
        Assert.Contains(error.Failures, f => f.Contains("'StreamFlow:orders:Streams' is 'fast'", StringComparison.Ordinal));
        Assert.Contains(error.Failures, f => f.Contains("Streams.CommitInterval is '2 d'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_address_is_told_with_where_it_is_to_be_given()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(("StreamFlow:orders:Producer:linger.ms", "soon")));

        Assert.Equal(
            "StreamFlow application 'orders': BootstrapServers is empty; give at least one broker as host:port, in the configuration as "
            + "'StreamFlow:orders:BootstrapServers'.",
            error.Failures.First());
        Assert.Equal(2, error.Failures.Count());
    }

    /// <summary>Every property of the options is a key, a section or a function: none is read by the binder and refused by us.</summary>
    [Fact]
    public void No_property_is_forgotten()
    {
        Same<StreamFlowHostOptions>(SettingsShape.Application);
        Same<StreamFlowOptions>(SettingsShape.Application.Sections["Streams"]);
        Same<RocksDbOptions>(SettingsShape.Stores);
        Same<RocksDbStoreOptions>(SettingsShape.Stores.Sections["Stores"].Each!);

        static void Same<T>(SettingsShape shape) => Assert.Equal(
            typeof(T).GetProperties().Where(p => p.SetMethod is { IsPublic: true }).Select(p => p.Name).Order(),
            shape.Values.Keys.Concat(shape.Sections.Keys).Concat(shape.Functions).Order());
    }

    [Fact]
    public void Every_word_that_is_no_choice_is_listed_with_the_choices()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(
            ("StreamFlow:orders:BootstrapServers", "broker:9092"),
            ("StreamFlow:orders:Streams:DeserializationErrors", "Skip"),
            ("StreamFlow:orders:Streams:ProductionErrors", "Ignore"),
            ("StreamFlow:orders:Streams:ProcessingGuarantee", "AtMostOnce")));

        Assert.Equal(
            [
                "'StreamFlow:orders:Streams:DeserializationErrors' is 'Skip'; set it to Fail or Continue or DeadLetter.",
                "'StreamFlow:orders:Streams:ProcessingGuarantee' is 'AtMostOnce'; set it to AtLeastOnce or ExactlyOnce.",
                "'StreamFlow:orders:Streams:ProductionErrors' is 'Ignore'; set it to Fail or Continue or DeadLetter.",
            ],
            error.Failures.Select(f => f[f.IndexOf("'StreamFlow:orders:Streams", StringComparison.Ordinal)..]));
    }

    [Fact]
    public void Dead_letters_by_configuration_need_a_topic()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(
            ("StreamFlow:orders:BootstrapServers", "broker:9092"),
            ("StreamFlow:orders:Streams:ProcessingErrors", "DeadLetter")));

        Assert.Contains("Streams.ProcessingErrors is 'DeadLetter'", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_wrong_is_listed_at_once()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(
            ("StreamFlow:orders:StoreBackend", "7"),
            ("StreamFlow:orders:Streams:CommitIntervall", "00:00:05"),
            ("StreamFlow:orders:Streams:TaskTimeout", "soon"),
            ("StreamFlow:orders:Streams:CacheMaxBytes", "10 MB"),
            ("StreamFlow:orders:Streams:DeletedTopics", "Ignore"),
            ("StreamFlow:orders:Streams:ApplicationId", "a/b"),
            ("StreamFlow:orders:Streams:NumStreamThreads", "0"),
            ("StreamFlow:orders:Streams:DefaultOffsetReset", "9"),
            ("StreamFlow:orders:Client:security.protocl", "ssl"),
            ("StreamFlow:orders:Consumer:group.id", "mine"),
            ("StreamFlow:orders:Producer:compression.type", "zip"),
            ("StreamFlow:orders:Producer:linger.ms", "-5")));

        string[] wrong =
        [
            "'StreamFlow:orders:Streams:CommitIntervall' is no setting. Did you mean", "TaskTimeout' is 'soon'", "'10 MB'", "'Ignore'",
            "BootstrapServers is empty", "StoreBackend is '7'", "Streams.ApplicationId is 'a/b'", "Streams.NumStreamThreads is '0'",
            "Streams.DefaultOffsetReset is '9'", "Consumer sets 'group.id' to 'mine'",
            "Client sets 'security.protocl', which is no setting of the client. Did you mean 'security.protocol'?",
            "Producer sets 'compression.type' to 'zip', which it cannot be", "Producer sets 'linger.ms' to '-5'; set it to 0 to 900000.",
        ];
        Assert.All(wrong, w => Assert.Single(error.Failures, f => f.Contains(w, StringComparison.Ordinal)));
        Assert.Equal(wrong.Length, error.Failures.Count());
        Assert.All(
            error.Failures, f => Assert.StartsWith("StreamFlow application 'orders': ", f, StringComparison.Ordinal));
    }

    /// <summary>Neither .NET's binder nor librdkafka speaks to the user.</summary>
    [Fact]
    public void No_library_speaks_of_its_own_types_and_names()
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(
            ("StreamFlow:orders:Strems:X", "1"), ("StreamFlow:orders:Streams:CommitInterval", "soon"),
            ("StreamFlow:orders:Client:no.such.setting", "1"), ("StreamFlow:orders:Producer:linger.ms", "soon")));

        Assert.All(
            ["System.", "BinderOptions", "ErrorOnUnknown", "No such configuration property", "queue.buffering.max.ms", "Failed to convert"],
            internals => Assert.DoesNotContain(internals, error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_of_the_host_lists_what_is_wrong_with_every_application_and_starts_none()
    {
        await using var host = new TestHost("in", "out")
            .Add("good", Topologies.Shout)
            .Add("bad", Topologies.Shout, o => o.Streams.NumStreamThreads = 0)
            .Add("worse", Topologies.Shout)
            .Configure(("StreamFlow:worse:Typo", "1"), ("StreamFlow:RocksDb:BackgroundJobs", "1"));

        var error = await Assert.ThrowsAsync<AggregateException>(host.StartAsync);

        var failures = error.InnerExceptions.Cast<OptionsValidationException>().SelectMany(e => e.Failures).ToList();
        Assert.Equal(3, failures.Count);
        Assert.Contains(failures, f => f.Contains("'bad': Streams.NumStreamThreads is '0'", StringComparison.Ordinal));
        Assert.Contains(failures, f => f.Contains("'worse': 'StreamFlow:worse:Typo' is no setting", StringComparison.Ordinal));
        Assert.Contains("RocksDbOptions: BackgroundJobs is 1; it must be at least 2.", failures);
        Assert.Equal(StreamsState.Created, host.Application("good").State);
    }

    private static StreamFlowHostOptions Bind(params (string Key, string Value)[] settings) => Bind(null, settings);

    private static StreamFlowHostOptions Bind(
        Action<StreamFlowHostOptions>? configure, params (string Key, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>(s.Key, s.Value)))
            .Build());
        services.AddStreamFlow("orders", (_, _) => { }, configure);
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<StreamFlowHostOptions>>().Get("orders");
    }
}
