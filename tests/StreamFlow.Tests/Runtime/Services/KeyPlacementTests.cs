using System.Globalization;
using System.Text;
using StreamFlow.Clients;
using StreamFlow.Runtime;

namespace StreamFlow.Tests.Runtime.Services;

/// <summary>When keys that lie elsewhere are proof of another partitioner, and when they are not.</summary>
public sealed class KeyPlacementTests
{
    private readonly List<string> _told = [];
    private readonly Dictionary<int, KeyPlacement> _partitions = [];
    private readonly TopicPlacement _topic;
    private int _misplaced;

    public KeyPlacementTests() => _topic = new TopicPlacement("sites", _ => _misplaced++, _told.Add);

    [Fact]
    public void The_checksum_is_that_of_librdkafka() => Assert.Equal(0xCBF43926, KeyPlacement.Crc32("123456789"u8));

    [Theory]
    [InlineData(2, 10)]
    [InlineData(4, 5)]
    [InlineData(8, 4)]
    [InlineData(12, 3)]
    public void Few_keys_suffice_where_all_lie_where_librdkafka_puts_them(int partitions, int enough)
    {
        for (var i = 0; i < enough - 1; i++)
        {
            See(Key(i), partitions, ByCrc32);
        }

        Assert.Empty(_told);
        for (var i = enough - 1; i < 24; i++)
        {
            See(Key(i), partitions, ByCrc32);
        }

        var text = Assert.Single(_told.Distinct());
        Assert.Contains("'sites'", text, StringComparison.Ordinal);
        Assert.Contains("kcat, Confluent.Kafka, Python", text, StringComparison.Ordinal);
        Assert.Contains("partitioner=murmur2_random", text, StringComparison.Ordinal);
        Assert.Contains("Repartition()", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Sixteen_keys_suffice_of_another_partitioner()
    {
        for (var i = 0; i < 15; i++)
        {
            See(Key(i), 4, Beside);
        }

        Assert.Empty(_told);
        See(Key(15), 4, Beside);

        Assert.Contains("of 16 different keys that were looked at, 16 lie in another", Assert.Single(_told), StringComparison.Ordinal);
        Assert.DoesNotContain("CRC32", _told[0], StringComparison.Ordinal);
        Assert.Equal(16, _misplaced);
    }

    [Fact]
    public void Keys_in_their_places_and_some_that_somebody_has_put_elsewhere_are_no_proof()
    {
        for (var round = 0; round < 5; round++)
        {
            for (var i = 0; i < 2000; i++)
            {
                See(Key(i), 4, i % 8 == 0 ? Beside : Murmur2.Partition);
            }
        }

        Assert.Empty(_told);
        Assert.NotEqual(0, _misplaced);
    }

    [Fact]
    public void One_key_again_and_again_counts_once()
    {
        for (var i = 0; i < 100; i++)
        {
            See("stray", 4, Beside);
        }

        Assert.Equal(1, _misplaced);
        Assert.Empty(_told);
    }

    [Fact]
    public void A_producer_that_is_changed_later_is_found()
    {
        for (var i = 0; i < 20_000; i++)
        {
            See(Key(i), 4, Murmur2.Partition);
        }

        for (var i = 20_000; i < 60_000 && _told.Count == 0; i++)
        {
            See(Key(i), 4, Beside);
        }

        Assert.NotEmpty(_told);
    }

    [Fact]
    public void The_window_of_a_windowed_key_is_no_part_of_its_place()
    {
        for (var i = 0; i < 100; i++)
        {
            var key = Encoding.UTF8.GetBytes(Key(i));
            var place = new KeyPlacement(_topic, Murmur2.Partition(key, 4), 4) { KeySuffix = sizeof(long) };
            place.See(new ByteRecord { Key = [.. key, 0, 0, 1, 2, 3, 4, 5, 6], HasKey = true });
        }

        Assert.Equal(0, _misplaced);
    }

    [Fact]
    public void Records_without_a_key_or_with_an_empty_one_say_nothing()
    {
        var place = new KeyPlacement(_topic, 1, 4);
        place.See(new ByteRecord { HasKey = false });
        place.See(new ByteRecord { Key = [], HasKey = true });

        Assert.Equal(0, _misplaced);
    }

    [Fact]
    public void Looking_allocates_nothing()
    {
        var keys = Enumerable.Range(0, 1000).Select(i => Encoding.UTF8.GetBytes(Key(i))).ToArray();
        var here = keys.Where(key => Murmur2.Partition(key, 4) == 1).ToArray();
        var place = new KeyPlacement(_topic, 1, 4);

        var (bytes, _) = SteadyAllocation.Measure(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                place.See(new ByteRecord { Key = here[i % here.Length], HasKey = true });
            }
        });

        Assert.Equal(0, bytes);
    }

    private static string Key(int i) => string.Create(CultureInfo.InvariantCulture, $"site-{i}");

    private static int ByCrc32(ReadOnlySpan<byte> key, int count) => (int)(KeyPlacement.Crc32(key) % (uint)count);

    private static int Beside(ReadOnlySpan<byte> key, int count) => (Murmur2.Partition(key, count) + 1) % count;

    private void See(string key, int partitions, Partitioner placer)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        var partition = placer(bytes, partitions);
        if (!_partitions.TryGetValue(partition, out var place))
        {
            _partitions.Add(partition, place = new KeyPlacement(_topic, partition, partitions));
        }

        place.See(new ByteRecord { Key = bytes, HasKey = true });
    }

    private delegate int Partitioner(ReadOnlySpan<byte> key, int count);
}
