using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Clients;
using StreamFlow.Dashboard.Tests.Support;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard.Tests.Api;

/// <summary>The broker is shown as another client finds it.</summary>
public sealed class BrokerTests
{
    [Fact]
    public async Task Topics_groups_and_lag_are_those_that_another_client_finds()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        await host.ProduceOrdersAsync(500);
        using (var group = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig { BootstrapServers = host.BootstrapServers, GroupId = "others" }).Build())
        {
            group.Commit([new(new("orders", 0), 5), new(new("orders", 1), 7)]);
        }

        await host.UntilAsync($"applications/{PageHost.Application}", o => o.GetProperty("in").GetProperty("total").GetInt64() == 500);
        var broker = await host.UntilAsync("broker", b => b.GetProperty("groups").EnumerateArray().Any(g =>
            g.GetProperty("id").GetString() == PageHost.Application && g.GetProperty("state").GetString() == "stable"));

        Assert.Equal("embedded", broker.GetProperty("kind").GetString());
        Assert.Equal(host.BootstrapServers, broker.GetProperty("bootstrapServers").GetString());
        var topic = broker.GetProperty("topics").EnumerateArray().Single(t => t.GetProperty("name").GetString() == "orders");
        Assert.Equal(500, topic.GetProperty("records").GetInt64());
        Assert.True(topic.GetProperty("bytes").GetInt64() > 500 * 20);
        using var reader = new ConsumerBuilder<byte[], byte[]>(
            new ConsumerConfig { BootstrapServers = host.BootstrapServers, GroupId = "tests" }).Build();
        foreach (var partition in topic.GetProperty("partitions").EnumerateArray())
        {
            var ends = reader.QueryWatermarkOffsets(new("orders", partition.GetProperty("partition").GetInt32()), PageHost.Deadline);
            Assert.Equal((ends.Low.Value, ends.High.Value), (partition.GetProperty("start").GetInt64(), partition.GetProperty("end").GetInt64()));
        }

        var groups = broker.GetProperty("groups").EnumerateArray().ToDictionary(g => g.GetProperty("id").GetString()!);
        Assert.Equal(2, groups[PageHost.Application].GetProperty("members").GetArrayLength());
        Assert.Equal(
            KafkaReader.LagOf(host.BootstrapServers, "others", ("orders", 2)), groups["others"].GetProperty("lag").GetInt64());
        Assert.Equal(500 - 12, groups["others"].GetProperty("lag").GetInt64());
        Assert.Equal("empty", groups["others"].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_topic_is_browsed_from_its_end_from_an_offset_page_by_page_and_by_text()
    {
        await using var host = await PageHost.StartAsync();
        await host.ProduceOrdersAsync(300);
        var all = KafkaReader.ReadAll(host.BootstrapServers, "orders", 2);

        var last = await host.GetAsync("broker/topics/orders/records?limit=10");
        Assert.Equal(10, last.GetProperty("records").GetArrayLength());
        Assert.Equal(all.Max(r => r.Message.Timestamp.UnixTimestampMs), last.GetProperty("records")[0].GetProperty("timestamp").GetDateTimeOffset().ToUnixTimeMilliseconds());

        var (found, offset) = (new List<string>(), "0");
        while (offset is not null)
        {
            var page = await host.GetAsync($"broker/topics/orders/records?limit=70&offset={offset}");
            found.AddRange(page.GetProperty("records").EnumerateArray().Select(Position));
            offset = page.GetProperty("next").ValueKind == JsonValueKind.Null ? null : page.GetProperty("next").GetProperty("offset").GetString();
        }

        Assert.Equal(all.Select(r => $"{r.Partition.Value}@{r.Offset.Value}").Order(), found.Order());

        var one = all.Single(r => Encoding.UTF8.GetString(r.Message.Key) == "o123");
        var searched = Assert.Single((await host.GetAsync("broker/topics/orders/records?contains=%22cents%22:123%7D")).GetProperty("records").EnumerateArray());
        Assert.Equal($"{one.Partition.Value}@{one.Offset.Value}", Position(searched));
        Assert.Equal("""{"category":"c3","cents":123}""", searched.GetProperty("value").GetProperty("json").GetString());

        static string Position(JsonElement record) => $"{record.GetProperty("partition").GetInt32()}@{record.GetProperty("offset").GetInt64()}";
    }

    [Fact]
    public async Task Transactions_that_are_open_are_told()
    {
        await using var host = await PageHost.StartAsync();
        using var producer = new ProducerBuilder<string, string>(
            new ProducerConfig { BootstrapServers = host.BootstrapServers, TransactionalId = "open-one" }).Build();
        producer.InitTransactions(PageHost.Deadline);
        producer.BeginTransaction();
        await producer.ProduceAsync("letters", new Message<string, string> { Key = "k", Value = "v" });

        var transaction = Assert.Single((await host.GetAsync("broker")).GetProperty("transactions").EnumerateArray());

        Assert.Equal("open-one", transaction.GetProperty("id").GetString());
        Assert.Equal("Ongoing", transaction.GetProperty("state").GetString());
        Assert.Equal(["letters-0"], transaction.GetProperty("partitions").EnumerateArray().Select(p => p.GetString()));
        producer.CommitTransaction();
        Assert.Empty((await host.UntilAsync("broker", b => b.GetProperty("transactions").GetArrayLength() == 0)).GetProperty("transactions").EnumerateArray());
    }

    [Fact]
    public async Task What_may_not_be_described_is_null_and_all_else_is_told_once_for_all_pages()
    {
        await using var host = await PageHost.StartAsync();
        await host.RunningAsync();
        HostedApplication? found = null;
        host.Services.GetRequiredService<HostedApplications>().WhenMade(made => found = made);
        var clients = new DiscreetClients(found!.Clients);
        using var view = new HostedView(found with { Clients = clients }, null, new FakeTimeProvider(DateTimeOffset.UnixEpoch));
        var broker = new BrokerView(view, null, CancellationToken.None);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => broker.ReadAsync(CancellationToken.None)));

        Assert.All(answers, answer => Assert.Same(answers[0], answer));
        Assert.Equal(1, clients.Asked);
        Assert.Null(answers[0].Topics.Single(t => t.Name == "letters").Retention);
        Assert.NotNull(answers[0].Topics.Single(t => t.Name == "orders").Retention);
        Assert.Equal("unknown", answers[0].Groups.Single(g => g.Id == PageHost.Application).State);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new BrokerView(view, null, CancellationToken.None).ReadAsync(new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Last_records_of_a_node_are_shown_where_that_is_allowed(bool isAllowed)
    {
        await using var host = await PageHost.StartAsync(new DashboardOptions { ShowRecords = isAllowed });
        await host.ProduceOrdersAsync(100);

        var answer = await host.GetAsync($"applications/{PageHost.Application}/nodes/KSTREAM-SOURCE-0000000000/records");

        Assert.Equal(isAllowed, answer.GetProperty("enabled").GetBoolean());
        Assert.Equal(isAllowed ? 20 : 0, answer.GetProperty("records").GetArrayLength());
        Assert.All(answer.GetProperty("records").EnumerateArray(), r => Assert.Equal("orders", r.GetProperty("topic").GetString()));
    }

    /// <summary>A broker that does not tell of one topic and of groups.</summary>
    private sealed class DiscreetClients(IKafkaClients inner) : IKafkaClients
    {
        private int _asked;

        public int Asked => _asked;

        public IKafkaConsumer CreateConsumer(ConsumerRole role) => inner.CreateConsumer(role);

        public IKafkaProducer CreateProducer(ProducerRole role) => inner.CreateProducer(role);

        public IKafkaAdmin CreateAdmin(string clientId)
        {
            Interlocked.Increment(ref _asked);
            return new DiscreetAdmin(inner.CreateAdmin(clientId));
        }
    }

    private sealed class DiscreetAdmin(IKafkaAdmin inner) : IKafkaAdmin
    {
        public Task<IReadOnlyCollection<string>> ListTopicsAsync(CancellationToken cancellationToken) => inner.ListTopicsAsync(cancellationToken);

        public Task<IReadOnlyCollection<string>> ListGroupsAsync(CancellationToken cancellationToken) => inner.ListGroupsAsync(cancellationToken);

        public Task<IReadOnlyDictionary<string, TopicDescription>> DescribeTopicsAsync(
            IReadOnlyCollection<string> names, CancellationToken cancellationToken) => inner.DescribeTopicsAsync(names, cancellationToken);

        public Task<IReadOnlyDictionary<string, string>> DescribeTopicConfigAsync(string name, CancellationToken cancellationToken) =>
            name == "letters" ? throw new KafkaClientException("TOPIC_AUTHORIZATION_FAILED", KafkaErrorKind.Refused)
                : inner.DescribeTopicConfigAsync(name, cancellationToken);

        public Task<GroupDescription> DescribeGroupAsync(string groupId, CancellationToken cancellationToken) =>
            throw new KafkaClientException("GROUP_AUTHORIZATION_FAILED", KafkaErrorKind.Fatal);

        public Task AlterTopicConfigAsync(string name, IReadOnlyDictionary<string, string> configs, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task CreateTopicsAsync(IReadOnlyCollection<NewTopic> topics, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeleteRecordsAsync(IReadOnlyCollection<PartitionOffset> offsets, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public void Dispose() => inner.Dispose();
    }
}
