using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>What a store knows about the keys it does not have.</summary>
public class SegmentKeysTests
{
    private const long Retention = 200_000;
    private readonly CacheBudget _budget = new(maxCacheBytes: 0, maxUncommittedBytes: 1 << 30);
    private readonly WindowExpiry _expiry = new(Retention);
    private readonly SegmentKeys _keys;

    public SegmentKeysTests() => _keys = new SegmentKeys(_expiry);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_key_is_missed_and_few_are_taken_for_ones_that_are_there(int seed)
    {
        var random = new Random(seed);
        var bloom = new KeyBloom();
        var added = new HashSet<int>();
        while (added.Count < 100_000)
        {
            var hash = random.Next();
            added.Add(hash);
            Assert.True(bloom.TryAdd(hash, _budget));
        }

        Assert.All(added, hash => Assert.True(bloom.MayHave(hash), $"seed {seed}: {hash}"));
        var mistaken = Enumerable.Range(0, 100_000).Count(_ => bloom.MayHave(random.Next(int.MinValue, 0)));
        Assert.True(mistaken < 5_000, $"seed {seed}: {mistaken} of 100,000 keys that were not added");
    }

    [Fact]
    public void A_key_that_comes_again_takes_no_room()
    {
        _keys.Reset(_budget);
        _keys.Add(0, 7);
        var bytes = _budget.FilterBytes;
        for (var i = 0; i < 1_000_000; i++)
        {
            _keys.Add(0, 7);
        }

        Assert.Equal(bytes, _budget.FilterBytes);
    }

    [Fact]
    public void What_was_there_before_may_have_any_key()
    {
        _expiry.Load(5 * 100_000);
        _keys.Reset(_budget);

        Assert.True(_keys.MayHave(_expiry.SegmentOf(_expiry.StreamTime), 7));
        Assert.False(_keys.MayHave(_expiry.SegmentOf(_expiry.StreamTime) + 1, 7));
    }

    [Fact]
    public void Room_is_bounded_and_a_segment_that_finds_none_may_have_any_key()
    {
        _keys.Reset(_budget);
        _keys.Add(1, -1);
        for (var hash = 0; hash < 4_000_000; hash++)
        {
            _keys.Add(0, hash);
        }

        Assert.InRange(_budget.FilterBytes, 1, CacheBudget.MaxFilterBytes);
        Assert.True(_keys.MayHave(0, -1));
        Assert.True(_keys.MayHave(1, -1));
        Assert.False(_keys.MayHave(1, 3));
    }

    [Fact]
    public void Keys_of_a_segment_of_which_a_part_is_left_are_known_when_another_begins()
    {
        _keys.Reset(_budget);
        for (var segment = 0; segment < 50; segment++)
        {
            _expiry.Advance((segment * 100_000) + 99_999);
            _keys.Add(segment, segment);
            for (var live = _expiry.FirstLiveSegment; live <= segment; live++)
            {
                Assert.True(_keys.MayHave(live, (int)live));
                Assert.False(_keys.MayHave(live, -1));
            }
        }
    }

    [Fact]
    public void Room_of_segments_that_expired_is_given_back_and_of_a_store_that_closes_all()
    {
        _keys.Reset(_budget);
        _keys.Add(0, 1);
        var one = _budget.FilterBytes;
        for (var segment = 1; segment < 100; segment++)
        {
            _expiry.Advance(segment * 100_000);
            _keys.Add(segment, 1);
            Assert.InRange(_budget.FilterBytes, one, 3 * one);
        }

        _keys.Reset(budget: null);
        Assert.Equal(0, _budget.FilterBytes);
    }
}
