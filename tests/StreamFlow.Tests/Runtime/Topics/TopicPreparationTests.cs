using StreamFlow.Clients;
using StreamFlow.Planning;
using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime;

public sealed class TopicPreparationTests : IDisposable
{
    private readonly FakeAdmin _admin = new();

    public void Dispose() => _admin.Dispose();

    [Fact]
    public async Task A_missing_source_topic_is_an_error_that_names_it()
    {
        var plan = new TopologyPlan([Sub(0, ["orders"])]);

        var error = await Assert.ThrowsAsync<TopologyException>(() => Prepare(plan));

        Assert.Contains("'orders'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repartition_topic_takes_the_largest_count_upstream_and_is_created()
    {
        _admin.Topics["a"] = 3;
        _admin.Topics["b"] = 5;
        var plan = new TopologyPlan([Sub(0, ["a", "b"], writes: [new("x-repartition", null)]), Sub(1, [], ["x-repartition"])]);

        var topics = await Prepare(plan);

        Assert.Equal(5, _admin.Topics["app-x-repartition"]);
        Assert.Equal("-1", _admin.Configs["app-x-repartition"]["retention.ms"]);
        Assert.Equal(5, topics.TaskCount(plan.SubTopologies[1]));
    }

    [Fact]
    public async Task Repartition_counts_are_derived_through_a_chain_whatever_its_order()
    {
        _admin.Topics["in"] = 4;
        var plan = new TopologyPlan(
        [
            Sub(0, [], ["r1-repartition"], [new("r2-repartition", null)]),
            Sub(1, ["in"], writes: [new("r1-repartition", null)]),
            Sub(2, [], ["r2-repartition"]),
        ]);

        await Prepare(plan);

        Assert.Equal(4, _admin.Topics["app-r1-repartition"]);
        Assert.Equal(4, _admin.Topics["app-r2-repartition"]);
    }

    [Fact]
    public async Task Repartition_topics_in_a_circle_grow_to_the_largest_count_that_leads_there()
    {
        _admin.Topics["in"] = 3;
        _admin.Topics["late"] = 6;
        var plan = new TopologyPlan(
        [
            Sub(0, ["in"], ["b-repartition", "c-repartition"], [new("a-repartition", null)]),
            Sub(1, [], ["a-repartition"], [new("b-repartition", null)]),
            Sub(2, ["late"], writes: [new("c-repartition", null)]),
        ]);

        await Prepare(plan);

        Assert.All("abc", topic => Assert.Equal(6, _admin.Topics[$"app-{topic}-repartition"]));
    }

    [Fact]
    public async Task A_repartition_topic_that_nothing_leads_to_is_an_error_that_names_it_and_the_remedy()
    {
        _admin.Topics["in"] = 3;
        var plan = new TopologyPlan([Sub(0, ["in"]), Sub(1, [], ["a-repartition"], [new("a-repartition", null)])]);

        var error = await Assert.ThrowsAsync<TopologyException>(() => Prepare(plan));

        Assert.Contains("'a-repartition'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Repartitioned.PartitionCount", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("in", "Input", false)]
    [InlineData("out", "Output", false)]
    [InlineData("app-r-repartition", "Repartition", true)]
    [InlineData("app-counts-changelog", "Changelog", true)]
    [InlineData("app-mine-changelog", "Output", false)]
    [InlineData("app-mine-repartition", "Output", false)]
    public async Task Kinds_of_topics_are_those_of_the_plan_whatever_their_names(string topic, string kind, bool isInternal)
    {
        _admin.Topics["in"] = 1;
        var topics = await Prepare(new TopologyPlan(
        [
            Sub(0, ["in"], writes: [new("r-repartition", null)]),
            Sub(1, [], ["r-repartition"], stores: [Store("counts", logged: true), Store("mine", logged: false)]),
        ]));

        Assert.Equal(kind, topics.KindOf(topic).ToString());
        Assert.Equal(isInternal, topics.KindOf(topic).IsInternal());
    }

    [Fact]
    public async Task A_fixed_count_wins()
    {
        _admin.Topics["in"] = 4;

        await Prepare(new TopologyPlan([Sub(0, ["in"], writes: [new("r-repartition", 7)]), Sub(1, [], ["r-repartition"])]));

        Assert.Equal(7, _admin.Topics["app-r-repartition"]);
    }

    [Fact]
    public async Task Copartitioned_topics_of_different_size_are_an_error_that_lists_both()
    {
        _admin.Topics["a"] = 2;
        _admin.Topics["b"] = 3;
        var plan = new TopologyPlan([Sub(0, ["a", "b"], groups: [new(["a", "b"], "The join KSTREAM-JOIN-1")])]);

        var error = await Assert.ThrowsAsync<TopologyException>(() => Prepare(plan));

        Assert.Contains("'a' 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("'b' 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("KSTREAM-JOIN-1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repartition_topic_has_as_many_partitions_as_the_topic_it_is_joined_with()
    {
        _admin.Topics["in"] = 8;
        _admin.Topics["table"] = 3;
        var plan = new TopologyPlan(
        [
            Sub(0, ["in"], writes: [new("r-repartition", null)]),
            Sub(1, ["table"], ["r-repartition"], [new("s-repartition", null)], [new(["r-repartition", "table"], "join")]),
            Sub(2, [], ["s-repartition"]),
        ]);

        await Prepare(plan);

        Assert.Equal(3, _admin.Topics["app-r-repartition"]);
        Assert.Equal(3, _admin.Topics["app-s-repartition"]);
    }

    [Fact]
    public async Task Repartition_topics_that_are_joined_through_a_third_have_one_count()
    {
        _admin.Topics["a"] = 2;
        _admin.Topics["b"] = 5;
        _admin.Topics["c"] = 3;
        _admin.Topics["d"] = 1;
        RepartitionTopic[] topics = [new("x-repartition", null), new("y-repartition", null), new("z-repartition", null)];
        CopartitionGroup[] groups =
            [new(["x-repartition", "y-repartition"], "join 1"), new(["y-repartition", "z-repartition"], "join 2")];
        TopologyPlan Plan(RepartitionTopic last, params CopartitionGroup[] more) => new(
        [
            Sub(0, ["a"], writes: [topics[0]]),
            Sub(1, ["b"], writes: [topics[1]]),
            Sub(2, ["c"], writes: [last]),
            Sub(3, more.Length == 0 ? [] : ["d"], [.. topics.Select(t => t.Name)], groups: [.. groups, .. more]),
        ]);
        async Task<IEnumerable<int>> Counts(TopologyPlan plan)
        {
            foreach (var topic in topics)
            {
                _admin.Topics.Remove("app-" + topic.Name);
                _admin.Configs.Remove("app-" + topic.Name);
            }

            await Prepare(plan);
            return topics.Select(topic => _admin.Topics["app-" + topic.Name]);
        }

        Assert.Equal([5, 5, 5], await Counts(Plan(topics[2])));
        Assert.Equal([4, 4, 4], await Counts(Plan(topics[2] with { PartitionCount = 4 })));
        Assert.Equal([1, 1, 1], await Counts(Plan(topics[2], new CopartitionGroup(["d", "x-repartition"], "join 3"))));
    }

    [Fact]
    public async Task A_fixed_count_that_does_not_fit_the_join_is_an_error_that_lists_both()
    {
        _admin.Topics["in"] = 2;
        _admin.Topics["table"] = 3;
        var plan = new TopologyPlan(
        [
            Sub(0, ["in"], writes: [new("r-repartition", 4)]),
            Sub(1, ["table"], ["r-repartition"], groups: [new(["r-repartition", "table"], "KSTREAM-JOIN-0000000004")]),
        ]);

        var error = await Assert.ThrowsAsync<TopologyException>(() => Prepare(plan));

        Assert.Contains("'r-repartition' 4, 'table' 3", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("app-r-repartition", _admin.Topics.Keys);
    }

    [Fact]
    public async Task A_changelog_has_one_partition_per_task_and_its_own_configs()
    {
        _admin.Topics["in"] = 3;

        await Prepare(new TopologyPlan([Sub(0, ["in"], stores: [Store("counts", logged: true), Store("scratch", logged: false)])]));

        Assert.Equal(3, _admin.Topics["app-counts-changelog"]);
        Assert.Equal("compact", _admin.Configs["app-counts-changelog"]["cleanup.policy"]);
        Assert.DoesNotContain("app-scratch-changelog", _admin.Topics.Keys);
    }

    [Fact]
    public async Task An_internal_topic_of_another_size_is_an_error_that_names_counts_and_remedy()
    {
        _admin.Topics["in"] = 3;
        _admin.Topics["app-counts-changelog"] = 2;
        _admin.Configs["app-counts-changelog"] = new Dictionary<string, string>();

        var error = await Assert.ThrowsAsync<TopologyException>(
            () => Prepare(new TopologyPlan([Sub(0, ["in"], stores: [Store("counts", logged: true)])])));

        Assert.Contains("'app-counts-changelog' has 2 partitions, the topology needs 3", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compact", null)]
    [InlineData("delete", "cleanup.policy=delete, but its use needs compact")]
    [InlineData("compact,delete", "cleanup.policy=compact,delete, but its use needs compact")]
    public async Task An_internal_topic_that_would_lose_state_is_an_error(string policy, string? expected)
    {
        _admin.Topics["in"] = 1;
        _admin.Topics["app-counts-changelog"] = 1;
        _admin.Configs["app-counts-changelog"] = new Dictionary<string, string> { ["cleanup.policy"] = policy };

        var error = await Xunit.Record.ExceptionAsync(
            () => Prepare(new TopologyPlan([Sub(0, ["in"], stores: [Store("counts", logged: true)])])));

        Assert.Equal(expected is null, error is null);
        Assert.Contains(expected ?? string.Empty, error?.Message ?? string.Empty, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Internal_topics_do_not_go_by_the_brokers_clock()
    {
        await Prepare(WithWindows());

        foreach (var (name, configs) in _admin.Configs.Where(c => c.Key.StartsWith("app-", StringComparison.Ordinal)))
        {
            Assert.Equal("9223372036854775807", configs["message.timestamp.after.max.ms"]);
            Assert.Equal("9223372036854775807", configs["message.timestamp.before.max.ms"]);
            Assert.True(name == "app-plain-changelog" || configs["retention.ms"] == "-1", name);
            Assert.True(name == "app-plain-changelog" || configs["retention.bytes"] == "-1", name);
        }

        Assert.Equal(3, _admin.Configs.Count);
    }

    /// <summary>Apache Kafka before 3.6 refuses a topic with a setting that it does not know.</summary>
    [Fact]
    public async Task A_setting_that_the_broker_does_not_know_is_left_out()
    {
        _admin.Known.RemoveAll(k => k.StartsWith("message.timestamp", StringComparison.Ordinal));

        await Prepare(WithWindows());

        Assert.All(
            _admin.Configs.Values.SelectMany(c => c.Keys),
            key => Assert.False(key.StartsWith("message.timestamp.", StringComparison.Ordinal) && key.EndsWith("ms", StringComparison.Ordinal)));
        Assert.Equal("-1", _admin.Configs["app-windows-changelog"]["retention.ms"]);
    }

    /// <summary>As an earlier version has made it.</summary>
    [Fact]
    public async Task An_internal_topic_that_goes_by_the_clock_is_mended_and_told()
    {
        var log = new ListLogger();
        _admin.Topics["app-windows-changelog"] = 1;
        _admin.Configs["app-windows-changelog"] = new Dictionary<string, string>
        {
            ["cleanup.policy"] = "delete,compact",
            ["retention.ms"] = "86760000",
            ["message.timestamp.after.max.ms"] = "3600000",
            ["message.timestamp.before.max.ms"] = "9223372036854775807",
            ["segment.bytes"] = "1000",
        };

        await Prepare(WithWindows(), log);

        var configs = _admin.Configs["app-windows-changelog"];
        Assert.Equal("-1", configs["retention.ms"]);
        Assert.Equal("9223372036854775807", configs["message.timestamp.after.max.ms"]);
        Assert.Equal("1000", configs["segment.bytes"]);
        Assert.Contains(log.Messages, m => m.Contains("app-windows-changelog: retention.ms is 86760000", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Messages, m => m.Contains("before.max", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_internal_topic_that_may_not_be_mended_is_told_with_the_remedy_and_the_application_starts()
    {
        var log = new ListLogger();
        _admin.IsReadOnly = true;
        _admin.Topics["app-windows-changelog"] = 1;
        _admin.Configs["app-windows-changelog"] = new Dictionary<string, string>
        {
            ["cleanup.policy"] = "compact,delete",
            ["retention.ms"] = "86760000",
        };

        await Prepare(WithWindows(), log);

        Assert.Contains(
            log.Messages, m => m.Contains("--entity-name app-windows-changelog --add-config retention.ms=-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_user_has_set_for_a_topic_is_not_mended()
    {
        _admin.Topics["app-windows-changelog"] = 1;
        _admin.Configs["app-windows-changelog"] = new Dictionary<string, string>
        {
            ["cleanup.policy"] = "compact,delete",
            ["retention.ms"] = "1000",
        };

        await Prepare(WithWindows(new() { ["retention.ms"] = "1000" }));

        Assert.Equal("1000", _admin.Configs["app-windows-changelog"]["retention.ms"]);
    }

    [Theory]
    [InlineData("compact", "made for a store without windows, and the store is one with windows now")]
    [InlineData("delete", "Set it with: kafka-configs")]
    public async Task A_policy_of_another_kind_of_store_is_told_with_the_choices(string policy, string expected)
    {
        _admin.Topics["app-windows-changelog"] = 1;
        _admin.Configs["app-windows-changelog"] = new Dictionary<string, string> { ["cleanup.policy"] = policy };

        var error = await Assert.ThrowsAsync<TopologyException>(() => Prepare(WithWindows()));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_leader_is_the_topic_with_most_partitions_and_tasks_read_same_numbered_ones()
    {
        _admin.Topics["few"] = 2;
        _admin.Topics["many"] = 3;
        var plan = new TopologyPlan([Sub(0, ["few", "many"])]);

        var topics = await Prepare(plan);

        Assert.Equal(["many"], topics.LeaderTopics);
        Assert.Equal(
            [new TopicPartition("few", 1), new TopicPartition("many", 1)],
            topics.InputsOf(plan.SubTopologies[0], 1).Select(i => i.Partition));
        Assert.Equal([new TopicPartition("many", 2)], topics.InputsOf(plan.SubTopologies[0], 2).Select(i => i.Partition));
    }

    private Task<ResolvedTopics> Prepare(TopologyPlan plan, ListLogger? log = null) =>
        new TopicPreparation(plan, new StreamFlowOptions { ApplicationId = "app" }, _admin, log).RunAsync(CancellationToken.None);

    private TopologyPlan WithWindows(Dictionary<string, string>? topicConfigs = null)
    {
        _admin.Topics["in"] = 1;
        return new(
        [
            Sub(0, ["in"], writes: [new("r-repartition", null)]),
            Sub(1, [], ["r-repartition"], stores:
            [
                Store("plain", logged: true) with { ChangelogConfigs = InternalTopics.ChangelogConfigs(false, topicConfigs ?? []) },
                Store("windows", logged: true) with { ChangelogConfigs = InternalTopics.ChangelogConfigs(true, topicConfigs ?? []) },
            ]),
        ]);
    }

    private static SubTopology Sub(
        int id,
        string[] external,
        string[]? repartition = null,
        RepartitionTopic[]? writes = null,
        CopartitionGroup[]? groups = null,
        StoreDefinition[]? stores = null) => new()
        {
            Id = id,
            Sources =
            [
                .. external.Select(t => new SourceTopic(t, TopicKind.Input, "source-" + t, null)),
                .. (repartition ?? []).Select(t => new SourceTopic(t, TopicKind.Repartition, "source-" + t, null)),
            ],
            RepartitionSinks = writes ?? [],
            SinkTopics = [],
            HasChosenTopics = false,
            CopartitionGroups = groups ?? [],
            Stores = stores ?? [],
            Build = _ => throw new InvalidOperationException("not built here"),
        };

    private static StoreDefinition Store(string name, bool logged) => new()
    {
        Name = name,
        IsPersistent = false,
        IsLogged = logged,
        ChangelogConfigs = new Dictionary<string, string> { ["cleanup.policy"] = "compact" },
        Create = _ => throw new InvalidOperationException("not created here"),
    };

    private sealed class FakeAdmin : IKafkaAdmin
    {
        public Dictionary<string, int> Topics { get; } = [];

        public Dictionary<string, IReadOnlyDictionary<string, string>> Configs { get; } = [];

        /// <summary>Settings that the broker has.</summary>
        public List<string> Known { get; } = [.. InternalTopics.ClockSettings.Keys];

        public bool IsReadOnly { get; set; }

        public Task<IReadOnlyCollection<string>> ListTopicsAsync(CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyCollection<string>>(Topics.Keys);

        public Task<IReadOnlyDictionary<string, TopicDescription>> DescribeTopicsAsync(
            IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyDictionary<string, TopicDescription>>(names
                .Where(Topics.ContainsKey)
                .ToDictionary(n => n, n => new TopicDescription(n, Topics[n])));

        public Task<GroupDescription> DescribeGroupAsync(string groupId, CancellationToken cancellationToken) =>
            Task.FromResult(new GroupDescription(IsStable: true, []));

        public Task<IReadOnlyDictionary<string, string>> DescribeTopicConfigAsync(
            string name, CancellationToken cancellationToken)
        {
            var configs = Known.ToDictionary(k => k, _ => "0");
            foreach (var (key, value) in Configs.GetValueOrDefault(name) ?? new Dictionary<string, string>())
            {
                configs[key] = value;
            }

            return Task.FromResult<IReadOnlyDictionary<string, string>>(configs);
        }

        public Task AlterTopicConfigAsync(
            string name, IReadOnlyDictionary<string, string> configs, CancellationToken cancellationToken)
        {
            if (IsReadOnly)
            {
                throw new KafkaClientException("TOPIC_AUTHORIZATION_FAILED", KafkaErrorKind.Refused);
            }

            var altered = Configs[name].ToDictionary();
            foreach (var (key, value) in configs)
            {
                altered[key] = value;
            }

            Configs[name] = altered;
            return Task.CompletedTask;
        }

        public Task CreateTopicsAsync(IReadOnlyCollection<NewTopic> topics, CancellationToken cancellationToken)
        {
            foreach (var topic in topics)
            {
                Topics.Add(topic.Name, topic.PartitionCount);
                Configs.Add(topic.Name, topic.Configs);
            }

            return Task.CompletedTask;
        }

        public Task DeleteRecordsAsync(IReadOnlyCollection<PartitionOffset> offsets, CancellationToken cancellationToken) =>
            Task.CompletedTask;

        public void Dispose()
        {
        }
    }
}
