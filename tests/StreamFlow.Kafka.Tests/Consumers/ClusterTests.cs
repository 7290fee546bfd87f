using System.Globalization;
using StreamFlow.Clients;
using StreamFlow.Kafka.Tests.Support;

namespace StreamFlow.Kafka.Tests.Consumers;

/// <summary>The clients against StreamFlow's own broker.</summary>
public sealed class EmbeddedClusterTests(EmbeddedCluster cluster)
    : ClusterTests(cluster), IClassFixture<EmbeddedCluster>;

/// <summary>The clients against Apache Kafka.</summary>
public sealed class ApacheClusterTests(ApacheCluster cluster) : ClusterTests(cluster), IClassFixture<ApacheCluster>
{
    [SkippableFact]
    public async Task Position_passes_control_and_aborted_records()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        var name = await CreateAsync("control", 1);
        var partition = new TopicPartition(name, 0);
        using var producer = Clients.Producer("tx-" + name);
        producer.InitTransactions(TestClients.Deadline);
        Transact(producer, name, "committed", commit: true);
        Transact(producer, name, "aborted", commit: false);

        using var consumer = Clients.Loner();
        consumer.Assign([new PartitionOffset(partition, 0)]);
        var records = new List<Copied>();
        var reader = consumer.Reader(partition);
        consumer.PollUntil(
            () =>
            {
                TestClients.Take(reader, records);
                return reader.AtEnd && reader.Position == 4;
            },
            "the end behind the markers");
        Assert.Equal(["committed"], records.Select(r => r.Value));

        // Starting between a record and its marker, as a restore does that has every record.
        consumer.Assign([]);
        consumer.Assign([new PartitionOffset(partition, 3)]);
        reader = consumer.Reader(partition);
        consumer.PollUntil(() => reader.Next().Count == 0 && reader.Position == 4 && reader.AtEnd, "the marker");
    }

    [SkippableFact]
    public async Task Second_producer_of_a_transactional_id_fences_the_first()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        var name = await CreateAsync("fence", 1);
        using var first = Clients.Producer("tx-" + name);
        first.InitTransactions(TestClients.Deadline);
        Transact(first, name, "1", commit: true);
        first.BeginTransaction();
        using var second = Clients.Producer("tx-" + name);
        second.InitTransactions(TestClients.Deadline);
        first.Send(name, 0, "k", "2");
        var error = Assert.Throws<KafkaClientException>(() => first.CommitTransaction(TestClients.Deadline));
        Assert.Equal(KafkaErrorKind.Fatal, error.Kind);
        Transact(second, name, "3", commit: true);
    }

    [SkippableFact]
    public async Task Offsets_are_committed_with_the_transaction_and_not_without()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        var name = await CreateAsync("offsets", 1);
        var partition = new TopicPartition(name, 0);
        var listener = new FollowingListener();
        using var member = Clients.Member("g-" + name);
        member.Subscribe([name], [name], listener);
        member.PollUntil(() => listener.Owned.Count == 1, "the assignment");
        using var producer = Clients.Producer("tx-" + name);
        producer.InitTransactions(TestClients.Deadline);
        for (var i = 1; i <= 3; i++)
        {
            producer.BeginTransaction();
            producer.Send(name, 0, "k", "v");
            using var group = member.GroupMetadata();
            producer.SendOffsetsToTransaction([new PartitionOffset(partition, i)], group, TestClients.Deadline);
            if (i < 3)
            {
                producer.CommitTransaction(TestClients.Deadline);
            }
            else
            {
                producer.AbortTransaction(TestClients.Deadline);
            }
        }

        Assert.Equal(2, member.Committed([partition])[0].Offset);
    }

    private static void Transact(IKafkaProducer producer, string topic, string value, bool commit)
    {
        producer.BeginTransaction();
        producer.Send(topic, 0, "k", value);
        Assert.True(producer.Drain(TestClients.Deadline));
        if (commit)
        {
            producer.CommitTransaction(TestClients.Deadline);
        }
        else
        {
            producer.AbortTransaction(TestClients.Deadline);
        }
    }
}

/// <summary>What must hold on any broker.</summary>
public abstract class ClusterTests
{
    private const int Partitions = 4;
    private static int _names;

    protected ClusterTests(TestCluster cluster)
    {
        Cluster = cluster;
        Clients = cluster.Unavailable is null
            ? TestClients.For(
                cluster.BootstrapServers, new Dictionary<string, string> { ["session.timeout.ms"] = "6000" })
            : null!;
    }

    private protected TestCluster Cluster { get; }

    private protected KafkaClients Clients { get; }

    [SkippableFact]
    public async Task Members_that_join_and_leave_read_leaders_and_extras_exactly_once()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        var leader = await CreateAsync("leader", Partitions);
        var extra = await CreateAsync("extra", Partitions);
        using var producer = Clients.Producer();
        var history = new PartitionHistory();
        var members = new List<GroupMember>();
        var produced = 0;

        void Join(int number) => members.Add(new GroupMember(Clients, leader, extra, history, number));

        void Serve(Func<bool> until, string what)
        {
            var start = TimeProvider.System.GetTimestamp();
            while (!until())
            {
                Assert.True(
                    TimeProvider.System.GetElapsedTime(start) < 2 * TestClients.Deadline,
                    $"deadline passed waiting for {what}; seen {history.Distinct} of {2 * produced}");
                Produce(producer, leader, extra, ref produced, 20);
                foreach (var member in members)
                {
                    member.Serve();
                }
            }
        }

        try
        {
            Join(1);
            Serve(() => members[0].Owned == 2 * Partitions, "the first member");
            Join(2);
            Serve(() => members.TrueForAll(m => m.Owned == Partitions), "the second member");
            Join(3);
            Serve(() => members.TrueForAll(m => m.Owned >= 2) && members.Sum(m => m.Owned) == 8, "the third member");
            members[1].Close();
            members.RemoveAt(1);
            Serve(() => members.TrueForAll(m => m.Owned == Partitions), "the rest taking over");
            producer.Flush();
            var total = produced;
            Serve(() => history.Distinct >= 2 * total, "all records");
            members.ForEach(m => m.Close());
        }
        finally
        {
            foreach (var member in members)
            {
                member.Dispose();
            }
        }

        // Nothing is missing, by the wait above. Without a transaction a refused commit may bring records again, and so may
        // the loss of a partition, of which a member is told when the group has let it go.
        var unexplained = history.UnexplainedRepetitions().FirstOrDefault();
        Assert.True(unexplained is null, unexplained);
    }

    [SkippableFact]
    public async Task Topics_are_created_described_and_their_records_deleted()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        using var admin = Clients.CreateAdmin("admin");
        var name = Unique("admin");
        var topic = new NewTopic(name, 3, new Dictionary<string, string> { ["cleanup.policy"] = "compact" });
        Assert.Empty(await admin.DescribeTopicsAsync([name], default));
        await admin.CreateTopicsAsync([topic], default);
        await admin.CreateTopicsAsync([topic], default);
        var missing = Unique("missing");
        var found = await admin.DescribeTopicsAsync([name, missing], default);
        var described = Assert.Single(found.Values);
        Assert.Equal(new TopicDescription(name, 3) { Id = described.Id }, described);
        Assert.NotEmpty(described.Id);
        Assert.Equal(described, (await admin.DescribeTopicsAsync([name], default))[name]);
        Assert.Equal("compact", (await admin.DescribeTopicConfigAsync(name, default))["cleanup.policy"]);

        // Asking for a topic must not create it, though this broker would.
        Assert.Empty(await admin.DescribeTopicsAsync([missing], default));
        using var producer = Clients.Producer();
        Assert.Throws<KafkaClientException>(() => producer.Topic(missing));
        Assert.Empty(await admin.DescribeTopicsAsync([missing], default));

        var error = await Assert.ThrowsAsync<KafkaClientException>(
            () => admin.CreateTopicsAsync([topic with { PartitionCount = 4 }], default));
        Assert.Contains("3 partitions", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<KafkaClientException>(
            () => admin.CreateTopicsAsync([TestCluster.Topic("not/a/name", 1)], default));
        Assert.Contains("not/a/name", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_group_is_described_with_what_its_members_have()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        var (leader, extra) = (await CreateAsync("leader", 3), await CreateAsync("extra", 3));
        using var admin = Clients.CreateAdmin("admin");
        using var member = new GroupMember(Clients, leader, extra, new PartitionHistory());
        using var deadline = new CancellationTokenSource(TestClients.Deadline);
        while (member.Owned < 6)
        {
            Assert.False(deadline.IsCancellationRequested, $"{member.Owned} partitions");
            member.Serve();
        }

        var described = await admin.DescribeGroupAsync("g-" + leader, default);
        Assert.True(described.IsStable);
        var shown = Assert.Single(described.Members);
        Assert.Equal(Enumerable.Range(0, 3).Select(i => new TopicPartition(leader, i)), shown.Assigned.OrderBy(p => p.Partition));
        Assert.StartsWith(shown.ClientId, shown.MemberId, StringComparison.Ordinal);
        Assert.NotEmpty(shown.Host);
        member.Close();
    }

    [SkippableFact]
    public async Task Deleted_records_are_gone()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        var name = await CreateAsync("delete", 1);
        var partition = new TopicPartition(name, 0);
        using var producer = Clients.Producer();
        for (var i = 0; i < 10; i++)
        {
            producer.Send(name, 0, "k", "v");
            producer.Flush();
        }

        using var admin = Clients.CreateAdmin("admin");
        await admin.DeleteRecordsAsync([new PartitionOffset(partition, 6)], default);
        using var consumer = Clients.Loner();
        Assert.Equal((6, 10), consumer.QueryOffsets(partition, TestClients.Deadline));
        consumer.Assign([new PartitionOffset(partition, PartitionOffset.Beginning)]);
        Assert.Equal([6L, 7, 8, 9], consumer.Read(4, partition).Select(r => r.Offset));
    }

    [SkippableFact]
    public async Task Compressed_batches_headers_and_tombstones_come_back_the_same()
    {
        Skip.IfNot(Cluster.Unavailable is null, Cluster.Unavailable);
        foreach (var codec in new[] { "none", "gzip", "snappy", "lz4", "zstd" })
        {
            var name = await CreateAsync(codec, 1);
            var clients = TestClients.For(
                Cluster.BootstrapServers,
                producer: new Dictionary<string, string> { ["compression.type"] = codec });
            using var producer = clients.Producer();
            var headers = new Headers([new Header("h", null), new Header("h", [7])]);
            for (var i = 0; i < 200; i++)
            {
                var text = i.ToString(CultureInfo.InvariantCulture);
                producer.Send(name, 0, text, i % 3 == 0 ? null : new string('x', i), 1_000 + i, headers);
            }

            producer.Flush();
            using var consumer = clients.Loner();
            consumer.AssignAll(name, 1);
            var records = consumer.Read(200, new TopicPartition(name, 0));
            for (var i = 0; i < 200; i++)
            {
                Assert.Equal(i.ToString(CultureInfo.InvariantCulture), records[i].Key);
                Assert.Equal(i % 3 == 0 ? null : new string('x', i), records[i].Value);
                Assert.Equal(1_000 + i, records[i].Timestamp);
                Assert.Equal([null, [7]], records[i].Headers!.Select(h => h.Value));
            }
        }
    }

    private protected static string Unique(string name) =>
        FormattableString.Invariant($"{name}-{Interlocked.Increment(ref _names)}");

    private protected async Task<string> CreateAsync(string name, int partitions)
    {
        var unique = Unique(name);
        await Cluster.CreateTopicsAsync(TestCluster.Topic(unique, partitions));
        return unique;
    }

    private static void Produce(IKafkaProducer producer, string leader, string extra, ref int produced, int count)
    {
        for (var i = 0; i < count; i++, produced++)
        {
            var value = produced.ToString(CultureInfo.InvariantCulture);
            producer.Send(leader, produced % Partitions, value, value);
            producer.Send(extra, produced % Partitions, value, value);
        }
    }
}
