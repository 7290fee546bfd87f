using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Verification.Workers;

/// <summary>Hands records over to a producer, or, with a fault planted, drops, repeats or reorders one.</summary>
internal sealed class RecordTamper(Plant plant, IKafkaProducer inner)
{
    private Held? _held;
    private bool _isSwapDue;
    private readonly DroppedKey _changelog = new(plant, Plants.DropChangelog, Workload.ChangelogOf(Workload.RunningRocks));
    private readonly DroppedKey _answers = new(plant, Plants.DropAnswers, Places.Answers);

    public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        if (topic.Name == Workload.Repartition)
        {
            return TryRepartition(topic, partition, in record, headers);
        }

        var isDropped = topic.Name switch
        {
            Workload.RunningRocks => plant.Is(Plants.DropRunning) && plant.IsDue(),
            Workload.WindowedMemory => plant.Is(Plants.DropWindowed) && plant.IsDue(),
            Workload.Joined => plant.Is(Plants.DropJoined) && plant.IsDue(),
            Workload.Passed => plant.Is(Plants.DropPassed) && plant.IsDue(),
            Trades.Paid => plant.Is(Plants.DropPaid) && plant.IsDue(),
            Trades.Settled => plant.Is(Plants.DropUnpaid) && record.Value[^1] == Trades.None[0] && plant.IsDue(),
            Trades.Visits => plant.Is(Plants.KeepMerged) && !record.HasValue && plant.IsDue(),
            Trades.Tally => plant.Is(Plants.DropClosed) && plant.IsDue(),
            _ => _changelog.Takes(topic.Name, in record) || _answers.Takes(topic.Name, in record),
        };
        var isDoubled = topic.Name switch
        {
            Places.Placed => plant.Is(Plants.DuplicatePlaced) && record.HasValue && plant.IsDue(),
            Trades.Held => plant.Is(Plants.DuplicateHeld) && plant.IsDue(),
            _ => false,
        };
        if (isDoubled)
        {
            inner.TryProduce(topic, partition, in record, headers);
        }

        return isDropped || inner.TryProduce(topic, partition, in record, headers);
    }

    /// <summary>Sends what is held back, before a commit.</summary>
    public void Release()
    {
        if (_held is { } held)
        {
            _held = null;
            Send(held);
        }
    }

    private bool TryRepartition(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        if (plant.Is(Plants.DropRepartitioned) && plant.IsDue())
        {
            return true;
        }

        if (plant.Is(Plants.DuplicateRepartitioned) && plant.IsDue())
        {
            inner.TryProduce(topic, partition, in record, headers);
        }

        if (!plant.Is(Plants.SwapRepartitioned))
        {
            return inner.TryProduce(topic, partition, in record, headers);
        }

        return TrySwapping(topic, partition, in record, headers);
    }

    /// <summary>Holds one record back until one that should have followed it is sent, or for another try the transaction ends.</summary>
    private bool TrySwapping(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers)
    {
        _isSwapDue |= plant.IsArmed();
        var incoming = new Held(topic, partition, record.Key.ToArray(), record.Value.ToArray(), record.Timestamp);
        if (_isSwapDue && _held is null)
        {
            _held = incoming;
            return true;
        }

        var sent = inner.TryProduce(topic, partition, in record, headers);
        if (sent && _held is { } held && held.IsOfSameOrderAs(incoming))
        {
            Release();
            _isSwapDue = false;
            Plant.Tell();
        }

        return sent;
    }

    private void Send(Held held) =>
        inner.TryProduce(
            held.Topic,
            held.Partition,
            new ByteRecord { Key = held.Key, HasKey = true, Value = held.Value, HasValue = true, Timestamp = held.Timestamp },
            null);

    private sealed record Held(ProducerTopic Topic, int Partition, byte[] Key, byte[] Value, long Timestamp)
    {
        /// <summary>Whether the other comes from the same user and goes to the same category, so that order is promised.</summary>
        public bool IsOfSameOrderAs(Held other) => Order == other.Order;

        private string Order => string.Join(',', Encoding.UTF8.GetString(Value).Split(',')[1..3]);
    }
}

/// <summary>With a fault planted, takes all records of one key out of a topic, from some record of it on.</summary>
internal sealed class DroppedKey(Plant plant, string fault, string topic)
{
    private string? _key;

    public bool Takes(string topicNow, in ByteRecord record)
    {
        if (!plant.Is(fault) || topicNow != topic)
        {
            return false;
        }

        var key = Encoding.UTF8.GetString(record.Key);
        if (_key is null && plant.IsDue())
        {
            _key = key;
        }

        return key == _key;
    }
}
