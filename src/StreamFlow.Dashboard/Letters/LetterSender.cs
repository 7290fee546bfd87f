using System.Globalization;
using StreamFlow.Clients;

namespace StreamFlow.Dashboard;

/// <summary>Sends letters back, and counts what has become of each: only what the broker has acknowledged is done.</summary>
/// <param name="producer">The producer.</param>
/// <param name="sources">The topics that letters may go to.</param>
/// <param name="time">The clock.</param>
/// <param name="stopping">The host stops.</param>
internal sealed class LetterSender(IKafkaProducer producer, IReadOnlySet<string> sources, TimeProvider time, CancellationToken stopping)
{
    public const string AtHeader = "streamflow.replayed.at";
    public const string FromHeader = "streamflow.replayed.from";
    private static readonly TimeSpan PollTimeout = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan DrainLimitOnStop = TimeSpan.FromSeconds(10);
    private long _done;
    private long _failed;
    private long _unknown;
    private volatile string? _firstFailure;

    /// <summary>How long the acknowledgement of a batch may take.</summary>
    public static TimeSpan DrainLimit { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Letters whose record the broker has acknowledged.</summary>
    public long Done => Interlocked.Read(ref _done);

    /// <summary>Letters that were not sent, or whose record the broker has refused.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Letters that were handed on and not acknowledged: their records may have arrived or not.</summary>
    public long Unknown => Interlocked.Read(ref _unknown);

    /// <summary>Why the first one has failed.</summary>
    public string? FirstFailure => _firstFailure;

    /// <summary>Sends a batch. However that ends, what was handed to the producer is counted.</summary>
    /// <param name="letters">The letters, read as they are sent.</param>
    /// <param name="count">How many there are to be.</param>
    /// <exception cref="TimeoutException">The broker does not acknowledge what it was sent.</exception>
    public void Send(IEnumerable<Letter> letters, int count)
    {
        var (handed, read) = (0, 0);
        try
        {
            foreach (var letter in letters)
            {
                read++;
                handed += TrySend(letter) ? 1 : 0;
            }

            if (count > read)
            {
                Fail(count - read, "Some letters are no longer in their topic.");
            }
        }
        finally
        {
            Settle(handed);
        }
    }

    private void Settle(int handed)
    {
        var isDrained = false;
        try
        {
            isDrained = producer.Drain(stopping.IsCancellationRequested ? DrainLimitOnStop : DrainLimit);
        }
        finally
        {
            while (producer.TryTakeFailure(out var failure))
            {
                handed--;
                if (failure.Kind == KafkaErrorKind.Refused)
                {
                    Fail(1, $"{failure.Partition}: {failure.Reason}");
                }
                else
                {
                    // It may have arrived, and the acknowledgement not.
                    Interlocked.Increment(ref _unknown);
                    _firstFailure ??= $"{failure.Partition}: {failure.Reason}";
                }
            }

            Interlocked.Add(ref isDrained ? ref _done : ref _unknown, handed);
        }

        if (!isDrained)
        {
            throw new TimeoutException("The broker has not acknowledged all letters in time.");
        }
    }

    private bool TrySend(Letter letter)
    {
        var obstacle = letter.Obstacle ?? (sources.Contains(letter.Source!.Value.Partition.Topic)
            ? null : $"'{letter.Source.Value.Partition.Topic}' is no topic that the application reads");
        if (obstacle is not null)
        {
            Fail(1, $"Letter {letter.Id} cannot be sent back: {obstacle}.");
            return false;
        }

        var to = letter.Source!.Value.Partition;
        var headers = new Headers(letter.OwnHeaders)
            .With(AtHeader, time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture))
            .With(FromHeader, $"{letter.Record.Partition}@{letter.Record.Offset.ToString(CultureInfo.InvariantCulture)}");
        try
        {
            var topic = producer.Topic(to.Topic);
            while (!producer.TryProduce(topic, to.Partition, RecordOf(letter), headers))
            {
                stopping.ThrowIfCancellationRequested();
                producer.Poll(PollTimeout);
            }

            return true;
        }
        catch (KafkaClientException exception) when (exception.Kind == KafkaErrorKind.Refused)
        {
            Fail(1, $"Letter {letter.Id} cannot be sent back: {exception.Message}");
            return false;
        }
    }

    private static ByteRecord RecordOf(Letter letter) => new()
    {
        Key = letter.Record.Key,
        HasKey = letter.Record.Key is not null,
        Value = letter.Record.Value,
        HasValue = letter.Record.Value is not null,
        Timestamp = letter.Timestamp,
    };

    /// <summary>The first reason is told; the count says how many there are.</summary>
    private void Fail(int count, string reason)
    {
        Interlocked.Add(ref _failed, count);
        _firstFailure ??= reason;
    }
}
