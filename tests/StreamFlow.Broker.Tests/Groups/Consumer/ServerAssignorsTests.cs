using StreamFlow.Broker.Groups;
using Xunit.Abstractions;

namespace StreamFlow.Broker.Tests.Groups.Consumer;

public sealed class ServerAssignorsTests(ITestOutputHelper output)
{
    private static readonly HashSet<TopicIdPartition> Nothing = [];
    private readonly FakeTopics _topics = new();

    [Fact]
    public void Range_is_as_Apache_Kafka_assigns()
    {
        TopicInfo[] topics = [_topics.Set("t4", 4), _topics.Set("u2", 2)];

        Dictionary<string, HashSet<TopicIdPartition>> assignment = ServerAssignors.Assign(
            "range", [Member("c", topics), Member("a", topics), Member("b", topics)]);

        Assert.Equal([.. _topics.Partitions("t4", 0, 1), .. _topics.Partitions("u2", 0)], assignment["a"].Order());
        Assert.Equal([.. _topics.Partitions("t4", 2), .. _topics.Partitions("u2", 1)], assignment["b"].Order());
        Assert.Equal(_topics.Partitions("t4", 3), assignment["c"].Order());
    }

    [Fact]
    public void Uniform_moves_the_fewest_when_a_third_comes()
    {
        TopicInfo[] topics = [_topics.Set("t4", 4)];

        Dictionary<string, HashSet<TopicIdPartition>> assignment = ServerAssignors.Assign(
            "uniform",
            [
                Member("m1", topics, _topics.Partitions("t4", 0, 1)),
                Member("m2", topics, _topics.Partitions("t4", 2, 3)),
                Member("m3", topics),
            ]);

        Assert.Equal(_topics.Partitions("t4", 0, 1), assignment["m1"].Order());
        Assert.Equal(_topics.Partitions("t4", 2), assignment["m2"]);
        Assert.Equal(_topics.Partitions("t4", 3), assignment["m3"]);
    }

    [Fact]
    public void Uniform_evens_out_over_a_chain_where_no_single_move_helps()
    {
        TopicInfo[] x = [_topics.Set("x", 3)];
        TopicInfo[] y = [_topics.Set("y", 2)];
        TopicInfo[] z = [_topics.Set("z", 1)];

        // a 3, b 2, c 1: a may give to b only, and b to c only.
        Dictionary<string, HashSet<TopicIdPartition>> assignment = ServerAssignors.Assign(
            "uniform",
            [
                Member("a", x, _topics.Partitions("x", 0, 1, 2)),
                Member("b", [.. x, .. y], _topics.Partitions("y", 0, 1)),
                Member("c", [.. y, .. z], _topics.Partitions("z", 0)),
            ]);

        Assert.Equal([2, 2, 2], assignment.Values.Select(static partitions => partitions.Count));
    }

    [Theory]
    [InlineData("uniform")]
    [InlineData("range")]
    public void Every_partition_has_one_subscriber_whatever_they_subscribe_to(string assignor)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 300; round++)
        {
            TopicInfo[] topics = [.. Enumerable.Range(0, random.Next(1, 6)).Select(i => _topics.Set($"t{i}", random.Next(1, 9)))];
            bool isHomogeneous = random.Next(2) == 0;
            AssignorMember[] members = [.. Enumerable.Range(0, random.Next(1, 8)).Select(i => Member(
                $"m{i}", isHomogeneous ? topics : [.. topics.Where(_ => random.Next(2) == 0)]))];
            Dictionary<string, HashSet<TopicIdPartition>> first = ServerAssignors.Assign(assignor, members);
            Check(members, first);
            AssignorMember[] later = [.. members.Where(_ => random.Next(4) > 0)
                .Select(member => member with { Previous = first[member.MemberId] })];
            Dictionary<string, HashSet<TopicIdPartition>> second = ServerAssignors.Assign(assignor, later);
            Check(later, second);
            if (assignor == "uniform")
            {
                CheckUniform(later, second, isHomogeneous);
            }
        }
    }

    private static void Check(AssignorMember[] members, Dictionary<string, HashSet<TopicIdPartition>> assignment)
    {
        Assert.Equal(members.Select(static x => x.MemberId).Order(), assignment.Keys.Order());
        TopicIdPartition[] given = [.. assignment.Values.SelectMany(static x => x).Order()];
        Assert.Equal(given.Distinct(), given);
        Assert.Equal(
            members.SelectMany(static x => x.Topics).Distinct()
                .SelectMany(static topic => Enumerable.Range(0, topic.Partitions).Select(p => new TopicIdPartition(topic.Id, p)))
                .Order(),
            given);
        foreach (AssignorMember member in members)
        {
            Assert.All(assignment[member.MemberId], partition => Assert.Contains(member.Topics, x => x.Id == partition.TopicId));
        }
    }

    private static void CheckUniform(
        AssignorMember[] members, Dictionary<string, HashSet<TopicIdPartition>> assignment, bool isHomogeneous)
    {
        // Nothing can be moved to somebody who has two fewer and may have it.
        foreach (AssignorMember from in members)
        {
            foreach (AssignorMember to in members.Where(to => assignment[to.MemberId].Count <= assignment[from.MemberId].Count - 2))
            {
                Assert.DoesNotContain(assignment[from.MemberId], x => to.Topics.Any(topic => topic.Id == x.TopicId));
            }
        }

        if (isHomogeneous && members.Length > 0)
        {
            int total = assignment.Values.Sum(static x => x.Count);
            Assert.All(assignment.Values, x => Assert.InRange(x.Count, total / members.Length, (total + members.Length - 1) / members.Length));

            // What stays is as much as each may keep: nobody gives up what it need not.
            int most = (total + members.Length - 1) / members.Length;
            Assert.All(members, member => Assert.True(
                assignment[member.MemberId].Intersect(member.Previous).Count() >= Math.Min(member.Previous.Count, most - 1)));
        }
    }

    private static AssignorMember Member(string id, TopicInfo[] topics, IEnumerable<TopicIdPartition>? previous = null) =>
        new(id, null, topics, previous?.ToHashSet() ?? Nothing);
}
