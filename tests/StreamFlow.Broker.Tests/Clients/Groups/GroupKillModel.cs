using System.Collections.Concurrent;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Clients.Groups;

/// <summary>What must be true of a group whatever is killed: all is read, and nobody owns what another one owns.</summary>
internal sealed class GroupKillModel
{
    private readonly ConcurrentDictionary<string, int> _read = new();
    private readonly ConcurrentQueue<(int Partition, long From, long To)> _owned = new();

    public int ReadOnce => _read.Count;

    public void Read(string value) => _read.AddOrUpdate(value, 1, static (_, count) => count + 1);

    public void Owned(int partition, long from, long to) => _owned.Enqueue((partition, from, to));

    public bool HasRead(IEnumerable<string> values) => values.All(_read.ContainsKey);

    /// <summary>Pairs of times in which two members owned a partition.</summary>
    public List<string> Overlaps() =>
    [
        .. _owned.GroupBy(static x => x.Partition).SelectMany(static times => times.OrderBy(static x => x.From)
            .Zip(times.OrderBy(static x => x.From).Skip(1))
            .Where(static pair => pair.Second.From < pair.First.To)
            .Select(pair => $"partition {times.Key}: from {pair.First.From} to {pair.First.To} and from {pair.Second.From}")),
    ];

    /// <summary>Partitions that the coordinator says more than one member has.</summary>
    public static async Task<List<long>> TwiceAssignedAsync(RawClient client, string group)
    {
        WireStruct answer = await client.CallAsync("ConsumerGroupDescribe", 1, new WireStruct { ["group_ids"] = new[] { group } });
        return
        [
            .. answer.Only("groups").Structs("members")
                .SelectMany(static x => ((WireStruct)x["assignment"]!).Structs("topic_partitions"))
                .SelectMany(static x => x.List("partitions").Cast<long>())
                .GroupBy(static x => x).Where(static x => x.Count() > 1).Select(static x => x.Key),
        ];
    }
}
