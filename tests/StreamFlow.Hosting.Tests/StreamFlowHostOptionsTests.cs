using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StreamFlow.Hosting.Tests.Support;

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
    [InlineData("Streams:CommitIntervall", "00:00:05", "'CommitIntervall'")]
    [InlineData("BootstrapServer", "broker:9092", "'BootstrapServer'")]
    [InlineData("Streams:ProcessingErrorHandler", "Continue", "'ProcessingErrorHandler'")]
    [InlineData("Streams:CommitInterval", "soon", "StreamFlow:orders:Streams:CommitInterval")]
    [InlineData("StoreBackend", "Postgres", "StreamFlow:orders:StoreBackend")]
    public void A_setting_that_cannot_be_read_is_an_error_that_names_it(string key, string value, string named)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Bind(("StreamFlow:orders:" + key, value)));

        var failure = error.Failures.First();
        const string Start = "StreamFlow application 'orders': The configuration section 'StreamFlow:orders'";
        Assert.StartsWith(Start, failure, StringComparison.Ordinal);
        Assert.Contains(named, failure, StringComparison.Ordinal);
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
                "'StreamFlow:orders:Streams:ProcessingGuarantee' is 'AtMostOnce'; set it to AtLeastOnce or ExactlyOnce.",
                "'StreamFlow:orders:Streams:DeserializationErrors' is 'Skip'; set it to Fail or Continue or DeadLetter.",
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
            ("StreamFlow:orders:Streams:ApplicationId", "a/b"),
            ("StreamFlow:orders:Streams:NumStreamThreads", "0"),
            ("StreamFlow:orders:Streams:DefaultOffsetReset", "9"),
            ("StreamFlow:orders:Client:no.such.setting", "1"),
            ("StreamFlow:orders:Consumer:group.id", "mine"),
            ("StreamFlow:orders:Producer:linger.ms", "-5")));

        string[] wrong =
        [
            "'CommitIntervall'", "BootstrapServers is empty", "StoreBackend is '7'", "Streams.ApplicationId is 'a/b'",
            "Streams.NumStreamThreads is '0'",
            "Streams.DefaultOffsetReset is '9'", "no.such.setting", "Consumer sets 'group.id' to 'mine'", "linger.ms",
        ];
        Assert.All(wrong, w => Assert.Single(error.Failures, f => f.Contains(w, StringComparison.Ordinal)));
        Assert.Equal(wrong.Length, error.Failures.Count());
        Assert.All(
            error.Failures, f => Assert.StartsWith("StreamFlow application 'orders': ", f, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Start_of_the_host_lists_what_is_wrong_with_every_application_and_starts_none()
    {
        await using var host = new TestHost("in", "out")
            .Add("good", Topologies.Shout)
            .Add("bad", Topologies.Shout, o => o.Streams.NumStreamThreads = 0)
            .Add("worse", Topologies.Shout)
            .Configure(("StreamFlow:worse:Typo", "1"));

        var error = await Assert.ThrowsAsync<AggregateException>(host.StartAsync);

        var failures = error.InnerExceptions.Cast<OptionsValidationException>().SelectMany(e => e.Failures).ToList();
        Assert.Equal(2, failures.Count);
        Assert.Contains(failures, f => f.Contains("'bad': Streams.NumStreamThreads is '0'", StringComparison.Ordinal));
        Assert.Contains(failures, f => f.Contains("'worse': The configuration section", StringComparison.Ordinal));
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
