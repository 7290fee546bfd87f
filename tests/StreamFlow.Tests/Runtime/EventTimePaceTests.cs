using CsCheck;
using StreamFlow.Runtime;
using StreamFlow.Testing;
using StreamFlow.Tests.Records;

namespace StreamFlow.Tests.Runtime;

/// <summary>Who may take which records, and for whom the others wait.</summary>
public sealed class EventTimePaceTests
{
    private readonly VirtualTime _time = new();
    private readonly EventTimePace _pace;

    public EventTimePaceTests() => _pace = new EventTimePace(_time, TimeSpan.FromMilliseconds(10));

    private long Now => _time.GetTimestamp();

    [Fact]
    public void All_may_go_as_far_as_the_one_furthest_behind_and_that_one_as_far_as_the_next()
    {
        var (first, second, third) = (_pace.Join(100), _pace.Join(105), _pace.Join(300));

        Assert.Equal([115, 110, 110], Limits(first, second, third));

        first.Progressed(250, Now);
        Assert.Equal([115, 260, 115], Limits(first, second, third));
    }

    [Fact]
    public void One_alone_and_all_where_nobody_has_a_backlog_have_no_limit()
    {
        var only = _pace.Join(5);
        Assert.Equal([long.MaxValue], Limits(only));

        var other = _pace.Join(7);
        only.Idle();
        Assert.Equal([17, long.MaxValue], Limits(only, other));
        other.Idle();
        Assert.Equal([long.MaxValue, long.MaxValue], Limits(only, other));
    }

    [Fact]
    public void One_that_has_read_all_or_does_not_run_holds_nobody_until_it_has_records_again()
    {
        var (behind, ahead) = (_pace.Join(5), _pace.Join(100));
        Assert.Equal(15, Limit(ahead));

        behind.Idle();
        Assert.Equal(long.MaxValue, Limit(ahead));
        behind.Progressed(7, Now);
        Assert.Equal(17, Limit(ahead));
        behind.Idle();
        Assert.True(behind.Held(20, Now));
        Assert.Equal(30, Limit(ahead));
        _pace.Leave(behind);
        Assert.Equal(long.MaxValue, Limit(ahead));
    }

    [Fact]
    public void The_others_wait_for_a_sign_of_life_for_a_while_only()
    {
        var (silent, other) = (_pace.Join(5), _pace.Join(100));

        Pass(EventTimePace.Silence - TimeSpan.FromMilliseconds(1), other);
        Assert.Equal(15, Limit(other));
        Pass(TimeSpan.FromMilliseconds(1), other);
        Assert.Equal(long.MaxValue, Limit(other));
        silent.Progressed(6, Now);
        Assert.Equal(16, Limit(other));
    }

    [Fact]
    public void The_others_wait_for_a_later_event_time_for_a_while_only()
    {
        var (standing, other) = (_pace.Join(5), _pace.Join(100));
        for (var passed = TimeSpan.Zero; passed < EventTimePace.Standstill; passed += TimeSpan.FromSeconds(1))
        {
            Assert.Equal(15, Limit(other));
            Pass(TimeSpan.FromSeconds(1), other);
            standing.Progressed(5, Now);
        }

        Assert.Equal(long.MaxValue, Limit(other));
        standing.Progressed(6, Now);
        Assert.Equal(16, Limit(other));
    }

    [Fact]
    public void To_be_held_is_no_standstill()
    {
        var (behind, held) = (_pace.Join(5), _pace.Join(0));
        Assert.True(held.Held(100, Now));
        for (var i = 0; i < 100; i++)
        {
            Pass(TimeSpan.FromSeconds(1), behind);
            Assert.False(held.Held(100, Now));
        }

        behind.Progressed(1000, Now);
        Assert.Equal(110, Limit(behind));
    }

    /// <summary>Idle for an hour, and its next record is no later than the last one was.</summary>
    [Fact]
    public void Who_was_idle_does_not_stand_still_from_the_first_moment_on()
    {
        var (idle, other) = (_pace.Join(5), _pace.Join(100));
        idle.Idle();
        Pass(TimeSpan.FromHours(1), other);

        idle.Progressed(5, Now);
        Assert.Equal(15, Limit(other));

        idle.Idle();
        Pass(TimeSpan.FromHours(1), other);
        Assert.True(idle.Held(5, Now));
        Assert.Equal(15, Limit(other));
    }

    [Fact]
    public void A_task_that_does_not_run_any_more_holds_nobody()
    {
        var (task, other) = (new TaskPace(_pace), _pace.Join(100));
        Assert.Null(task.Shared);
        task.Join(5);
        Assert.Same(_pace, task.Shared);
        Assert.Equal(15, Limit(other));

        task.Leave();

        Assert.Null(task.Shared);
        Assert.Equal(long.MaxValue, Limit(other));
    }

    /// <summary>However far apart they are, and also at the ends of time.</summary>
    [Fact]
    public void The_one_whose_next_record_is_the_earliest_may_always_take_it() =>
        Gen.Select(EventTimes.All.Array[1, 6], EventTimes.Lengths).Sample((heads, skew) =>
        {
            var pace = new EventTimePace(_time, EventTimes.Milliseconds(skew));
            var members = heads.Select(_ => pace.Join(-1)).ToArray();
            for (var i = 0; i < heads.Length; i++)
            {
                members[i].Held(heads[i], Now);
            }

            var limits = pace.Look(Now);
            Assert.True(heads.Min() <= limits.Of(members[Array.IndexOf(heads, heads.Min())]));
            Assert.All(
                heads.Zip(members),
                pair => Assert.True(pair.First > limits.Of(pair.Second) || pair.First <= EventTime.Add(heads.Min(), skew)
                    || ReferenceEquals(pair.Second, limits.Last)));
        });

    [Fact]
    public void There_is_no_pace_where_the_skew_is_negative()
    {
        var subTopology = TestPlans.SubTopology();

        Assert.Null(new EventTimePaces(_time, TimeSpan.FromMilliseconds(-1)).Of(subTopology));
        Assert.NotNull(new EventTimePaces(_time, TimeSpan.Zero).Of(subTopology));
    }

    [Fact]
    public void Tasks_of_one_sub_topology_have_one_pace()
    {
        var subTopology = TestPlans.SubTopology();
        var paces = new EventTimePaces(_time, TimeSpan.Zero);

        Assert.Same(paces.Of(subTopology), paces.Of(subTopology));
    }

    private IEnumerable<long> Limits(params PaceMember[] members)
    {
        var limits = _pace.Look(Now);
        return [.. members.Select(member => limits.Of(member))];
    }

    private long Limit(PaceMember member) => _pace.Look(Now).Of(member);

    /// <summary>Time passes, in which one of them goes on living.</summary>
    private void Pass(TimeSpan time, PaceMember living)
    {
        _time.Advance(time);
        living.Progressed(living.Time + 1, Now);
    }

    private static class TestPlans
    {
        public static StreamFlow.Planning.SubTopology SubTopology()
        {
            var builder = new StreamsBuilder();
            builder.Stream<string, string>("in").To("out");
            return builder.Build().Plan.SubTopologies[0];
        }
    }
}
