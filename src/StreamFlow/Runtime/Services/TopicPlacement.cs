namespace StreamFlow.Runtime;

/// <summary>
/// What the keys of a topic say about who has placed them. One that lies elsewhere is no proof, somebody may have chosen its partition.
/// Proof is
/// <list type="bullet">
/// <item>of at least sixteen different keys, a quarter or more (of two partitions every second key is right by chance);</item>
/// <item>of fewer, two or more, where every key lies where librdkafka's default puts it, and that is chance in less than one case of a
/// thousand: ten keys of two partitions, five of four, four of eight.</item>
/// </list>
/// What was seen long ago counts less and less.
/// </summary>
/// <param name="name">Name of the topic.</param>
/// <param name="misplaced">Told of each key that lies elsewhere.</param>
/// <param name="tell">Told of the proof; may throw.</param>
internal sealed class TopicPlacement(string name, Action<string> misplaced, Action<string> tell)
{
    private const int EnoughKeys = 16;
    private const int ManyKeys = 512;
    private const double CertainBits = 10;
    private readonly Lock _gate = new();
    private int _keys;
    private int _misplaced;
    private int _byCrc32;
    private string? _verdict;

    /// <summary>Adds a key that was not seen lately.</summary>
    /// <param name="partitionCount">How many partitions the topic has.</param>
    /// <param name="isInPlace">Whether it lies where murmur2 puts it.</param>
    /// <param name="isByCrc32">Whether it lies where librdkafka's default puts it.</param>
    public void Add(int partitionCount, bool isInPlace, bool isByCrc32)
    {
        string? verdict;
        lock (_gate)
        {
            _keys++;
            _misplaced += isInPlace ? 0 : 1;
            _byCrc32 += isByCrc32 ? 1 : 0;
            verdict = _verdict ??= Judge(partitionCount);
            if (_keys >= ManyKeys)
            {
                (_keys, _misplaced, _byCrc32) = (_keys / 2, _misplaced / 2, _byCrc32 / 2);
            }
        }

        if (!isInPlace)
        {
            misplaced(name);
        }

        if (verdict is not null)
        {
            tell(verdict);
        }
    }

    private string? Judge(int partitionCount)
    {
        var isByCrc32 = _byCrc32 == _keys && _keys * Math.Log2(partitionCount) >= CertainBits;
        if (_misplaced < 2 || !(isByCrc32 || (_keys >= EnoughKeys && _misplaced * 4 >= _keys)))
        {
            return null;
        }

        var where = isByCrc32
            ? "All lie where the default of librdkafka's clients (kcat, Confluent.Kafka, Python) puts them, CRC32."
            : "Either the producer has a partitioner of its own, or partitions were added after keys were written.";
        return $"The keys of topic '{name}' do not lie where StreamFlow and Java's producers put them (murmur2): of {_keys} different keys "
            + $"that were looked at, {_misplaced} lie in another of its {partitionCount} partitions. {where} A join of it with a topic that "
            + "is placed by murmur2, as every repartition topic is, finds no row and says nothing. Let the producer place keys by murmur2 "
            + "(partitioner=murmur2_random), or read the topic as a stream with Repartition() behind it; where all topics that are joined "
            + "are placed alike, set PartitionerCheck to Off.";
    }
}
