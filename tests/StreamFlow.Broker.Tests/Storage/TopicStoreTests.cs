using StreamFlow.Broker.Protocol;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Tests.Storage;

public sealed class TopicStoreTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

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
            var created = store.CreateTopic("orders", 3, new Dictionary<string, string> { ["retention.ms"] = "-1" });
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

    private TopicStore Open() => TopicStore.Open(
        new StoreOptions { DataDirectory = _temporary.Root, MaintenanceInterval = TimeSpan.Zero });
}
