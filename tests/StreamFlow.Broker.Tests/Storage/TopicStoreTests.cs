using StreamFlow.Broker.Tests.Support;
using StreamFlow.Broker.Storage;
using ConfigChange = StreamFlow.Broker.Configs.ConfigChange;
using ConfigOperation = StreamFlow.Broker.Configs.ConfigOperation;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class TopicStoreTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly LogLines _warnings = new();

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Topics_records_and_identity_survive_a_restart()
    {
        string cluster;
        Guid id;
        long producerId;
        using (var store = Open())
        {
            cluster = store.ClusterId;
            var created = store.CreateTopic("orders", 3, Config("retention.ms", "-1"));
            Assert.Equal(ErrorCode.None, created.Error);
            id = created.Topic!.Id;
            store.GetPartition("orders", 2)!.Append(Batches.Of("x"), AppendOrigin.Client);
            producerId = store.AllocateProducerId();
        }

        using var again = Open();
        var topic = again.GetTopic("orders")!;
        Assert.Equal((cluster, id, 3), (again.ClusterId, topic.Id, topic.Partitions.Count));
        Assert.Equal("-1", topic.Configs["retention.ms"]);
        Assert.Equal(-1, topic.Partitions[0].Options.RetentionMs);
        Assert.Equal([(0L, "kx", "x")], Batches.ReadAll(topic.Partitions[2]));
        Assert.Same(topic, again.GetTopic(id));
        Assert.True(again.AllocateProducerId() > producerId);
    }

    [Fact]
    public void Second_broker_on_the_same_directory_is_refused_until_the_first_is_gone()
    {
        using (Open())
        {
            var refused = Assert.Throws<IOException>(() => Open());
            Assert.Contains("in use by another broker", refused.Message, StringComparison.Ordinal);
        }

        Open().Dispose();
    }

    [Theory]
    [InlineData("", 1, (int)ErrorCode.InvalidTopic)]
    [InlineData(".", 1, (int)ErrorCode.InvalidTopic)]
    [InlineData("..", 1, (int)ErrorCode.InvalidTopic)]
    [InlineData("a/b", 1, (int)ErrorCode.InvalidTopic)]
    [InlineData("gr\u00fcn", 1, (int)ErrorCode.InvalidTopic)]
    [InlineData("taken", 1, (int)ErrorCode.TopicAlreadyExists)]
    [InlineData("do_t", 1, (int)ErrorCode.InvalidTopic)]
    [InlineData("t", 0, (int)ErrorCode.InvalidPartitions)]
    [InlineData("t", -1, (int)ErrorCode.InvalidPartitions)]
    [InlineData("t", int.MaxValue, (int)ErrorCode.InvalidPartitions)]
    public void Create_topic_refuses_what_is_wrong_and_says_why(string name, int partitions, int expected)
    {
        using var store = Open();
        store.CreateTopic("taken", 1);
        store.CreateTopic("do.t", 1);
        var result = store.CreateTopic(name, partitions);
        Assert.Equal((ErrorCode)expected, result.Error);
        Assert.False(string.IsNullOrEmpty(result.Message));
        Assert.Equal(2, store.Topics.Count);
    }

    [Fact]
    public void Validate_only_changes_nothing()
    {
        using var store = Open();
        Assert.True(store.CreateTopic("t", 1, validateOnly: true).IsSuccess);
        Assert.Null(store.GetTopic("t"));
        store.CreateTopic("t", 1);
        Assert.True(store.AddPartitions("t", 2, validateOnly: true).IsSuccess);
        Assert.True(store.AlterConfigs("t", Config("retention.ms", "5"), validateOnly: true).IsSuccess);
        Assert.Equal((1, 0), (store.GetTopic("t")!.Partitions.Count, store.GetTopic("t")!.Configs.Count));
    }

    [Fact]
    public void Delete_then_create_gives_an_empty_topic_with_a_new_id_and_no_old_files()
    {
        using var store = Open();
        var deleted = new List<string>();
        store.TopicDeleted += topic => deleted.Add(topic.Name);
        var old = store.CreateTopic("t", 2).Topic!;
        old.Partitions[0].Append(Batches.Of("x"), AppendOrigin.Client);
        Assert.True(store.DeleteTopic("t").IsSuccess);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, store.DeleteTopic("t").Error);
        Assert.Equal(["t"], deleted);
        Assert.Equal(
            ErrorCode.UnknownTopicOrPartition, old.Partitions[0].Append(Batches.Of("y"), AppendOrigin.Client).Error);
        Assert.Empty(Directory.GetDirectories(_temporary.Sub("topics")));
        var fresh = store.CreateTopic("t", 1).Topic!;
        Assert.NotEqual(old.Id, fresh.Id);
        Assert.Equal(0, fresh.Partitions[0].LogEndOffset);
    }

    [Fact]
    public void Deletion_that_a_crash_interrupted_is_finished_at_the_next_start()
    {
        using (var store = Open())
        {
            store.CreateTopic("t", 1).Topic!.Partitions[0].Append(Batches.Of("x"), AppendOrigin.Client);
        }

        var metadata = StoreMetadata.Load(_temporary.Root)!;
        (metadata with { Topics = [], Deleting = [metadata.Topics[0].Id] }).Save(FileSystem.Disk, _temporary.Root);
        using var again = Open();
        Assert.Empty(again.Topics);
        Assert.Empty(Directory.GetDirectories(_temporary.Sub("topics")));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Directory_without_topic_is_moved_aside_with_a_warning()
    {
        using (var store = Open())
        {
            store.CreateTopic("t", 1).Topic!.Partitions[0].Append(Batches.Of("x"), AppendOrigin.Client);
        }

        (StoreMetadata.Load(_temporary.Root)! with { Topics = [] }).Save(FileSystem.Disk, _temporary.Root);
        using var again = Open();
        Assert.Single(Directory.GetDirectories(_temporary.Sub("orphaned")));
        Assert.Empty(Directory.GetDirectories(_temporary.Sub("topics")));
        Assert.Single(_warnings);
    }

    [Fact]
    public void Added_partitions_survive_a_restart_and_never_shrink()
    {
        using (var store = Open())
        {
            store.CreateTopic("t", 2);
            Assert.Equal(ErrorCode.InvalidPartitions, store.AddPartitions("t", 2).Error);
            Assert.Equal(ErrorCode.UnknownTopicOrPartition, store.AddPartitions("u", 2).Error);
            Assert.True(store.AddPartitions("t", 5).IsSuccess);
            store.GetPartition("t", 4)!.Append(Batches.Of("x"), AppendOrigin.Client);
        }

        using var again = Open();
        Assert.Equal(5, again.GetTopic("t")!.Partitions.Count);
        Assert.Equal(1, again.GetPartition("t", 4)!.LogEndOffset);
        Assert.Null(again.GetPartition("t", 5));
        Assert.Null(again.GetPartition("t", -1));
    }

    [Theory]
    [InlineData("retention.ms", "-2")]
    [InlineData("retention.ms", "soon")]
    [InlineData("retention.ms", "")]
    [InlineData("cleanup.policy", "compress")]
    [InlineData("cleanup.policy", "")]
    [InlineData("segment.bytes", "3000000000")]
    [InlineData("segment.bytes", "100")]
    [InlineData("compression.type", "brotli")]
    [InlineData("compression.gzip.level", "0")]
    [InlineData("compression.gzip.level", "10")]
    [InlineData("compression.lz4.level", "18")]
    [InlineData("compression.zstd.level", "23")]
    [InlineData("min.cleanable.dirty.ratio", "1.5")]
    [InlineData("min.insync.replicas", "0")]
    [InlineData("message.timestamp.type", "Whenever")]
    [InlineData("no.such.config", "1")]
    public void Config_that_is_wrong_is_refused_naming_it_and_its_value(string name, string value)
    {
        using var store = Open();
        var result = store.CreateTopic("t", 1, Config(name, value));
        Assert.Equal(ErrorCode.InvalidConfig, result.Error);
        Assert.Contains(name, result.Message, StringComparison.Ordinal);
        store.CreateTopic("t", 1);
        Assert.Equal(ErrorCode.InvalidConfig, store.AlterConfigs("t", Config(name, value)).Error);
        Assert.Empty(store.GetTopic("t")!.Configs);
    }

    [Fact]
    public void Config_defaults_are_valid_and_equal_the_options_of_a_log()
    {
        Assert.All(TopicConfigs.All, definition => Assert.Null(definition.Problem(definition.Default!)));
        var options = TopicConfigs.ToLogOptions(TopicConfigs.EmptyConfigs, TopicConfigs.EmptyConfigs);
        Assert.Equal(LogOptions.Default with { FlushIntervalMs = options.FlushIntervalMs }, options);
    }

    [Theory]
    [InlineData(null, null, FlushPolicy.OperatingSystem)]
    [InlineData("1", null, FlushPolicy.EveryAppend)]
    [InlineData("100", null, FlushPolicy.Interval)]
    [InlineData(null, "50", FlushPolicy.Interval)]
    public void Flush_settings_choose_the_policy(string? messages, string? ms, object expected)
    {
        var configs = new Dictionary<string, string>();
        if (messages is not null)
        {
            configs["flush.messages"] = messages;
        }

        if (ms is not null)
        {
            configs["flush.ms"] = ms;
        }

        Assert.Equal(expected, TopicConfigs.ToLogOptions(configs, TopicConfigs.EmptyConfigs).FlushPolicy);
        Assert.Equal(expected, TopicConfigs.ToLogOptions(TopicConfigs.EmptyConfigs, configs).FlushPolicy);
    }

    [Fact]
    public void Incremental_changes_apply_all_or_none_and_survive_a_restart()
    {
        using (var store = Open())
        {
            store.CreateTopic("t", 1, Config("retention.ms", "1000"));
            Assert.True(store.AlterConfigs("t", (ConfigChange[])
            [
                new("cleanup.policy", ConfigOperation.Append, "compact"),
                new("retention.ms", ConfigOperation.Delete, null),
                new("segment.bytes", ConfigOperation.Set, "4096"),
            ]).IsSuccess);
            var options = store.GetPartition("t", 0)!.Options;
            Assert.Equal(CleanupPolicy.Compact | CleanupPolicy.Delete, options.CleanupPolicy);
            Assert.Equal((4096, LogOptions.Default.RetentionMs), (options.SegmentBytes, options.RetentionMs));
            ConfigChange[] bad =
                [new("segment.bytes", ConfigOperation.Set, "8192"), new("retention.ms", ConfigOperation.Append, "1")];
            Assert.Equal(ErrorCode.InvalidRequest, store.AlterConfigs("t", bad).Error);
            ConfigChange[] subtract = [new("cleanup.policy", ConfigOperation.Subtract, "delete")];
            Assert.True(store.AlterConfigs("t", subtract).IsSuccess);
        }

        using var again = Open();
        Assert.Equal("compact", again.GetTopic("t")!.Configs["cleanup.policy"]);
        Assert.Equal(4096, again.GetPartition("t", 0)!.Options.SegmentBytes);
    }

    [Fact]
    public void Producer_ids_never_repeat_over_crashes()
    {
        var seen = new HashSet<long>();
        var copy = _temporary.Root;
        for (var restart = 0; restart < 3; restart++)
        {
            using var store = TopicStore.Open(Options(copy));
            for (var i = 0; i < 1500; i++)
            {
                Assert.True(seen.Add(store.AllocateProducerId()));
            }

            copy = _temporary.CopyOf(copy);
        }
    }

    [Fact]
    public void Damaged_metadata_is_refused_and_not_replaced()
    {
        Open().Dispose();
        var path = Path.Combine(_temporary.Root, StoreMetadata.FileName);
        File.WriteAllText(path, "{ not json");
        Assert.Throws<InvalidDataException>(() => Open());
        Assert.Equal("{ not json", File.ReadAllText(path));
    }

    [Fact]
    public void Maintenance_runs_by_the_clock()
    {
        using var ran = new ManualResetEventSlim();
        var options = Options(_temporary.Root) with { MaintenanceInterval = TimeSpan.FromMilliseconds(10) };
        using var loop = new MaintenanceLoop(options, "test", ran.Set);
        loop.Start();
        Assert.True(ran.Wait(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Maintenance_goes_on_after_a_round_that_failed()
    {
        using var again = new CountdownEvent(2);
        var options = Options(_temporary.Root) with { MaintenanceInterval = TimeSpan.FromMilliseconds(10) };
        using (var loop = new MaintenanceLoop(options, "test", () =>
        {
            if (!again.IsSet)
            {
                again.Signal();
            }

            throw new InvalidOperationException("on purpose");
        }))
        {
            loop.Start();
            Assert.True(again.Wait(TimeSpan.FromSeconds(30)));
        }

        Assert.Contains(_warnings, warning => warning.Contains("on purpose", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Config(string name, string value) => new() { [name] = value };

    private StoreOptions Options(string directory) => new()
    {
        DataDirectory = directory, MaintenanceInterval = TimeSpan.Zero, Log = _warnings,
    };

    private TopicStore Open() => TopicStore.Open(Options(_temporary.Root));
}
