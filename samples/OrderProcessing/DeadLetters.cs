using System.Collections.Concurrent;
using System.Text;

namespace StreamFlow.Samples.OrderProcessing;

/// <summary>What inventory could not process, until it is replayed.</summary>
internal sealed class DeadLetters
{
    private readonly ConcurrentQueue<SeenRecord> _letters = [];

    public int Count => _letters.Count;

    public void Add(SeenRecord letter) => _letters.Enqueue(letter);

    /// <summary>
    /// Sends each back to the topic it came from, as it was, at its own time. All services get it again, and those that had no trouble
    /// with it must not mind.
    /// </summary>
    /// <returns>How many.</returns>
    public int Replay(RecordSender sender)
    {
        var replayed = 0;
        while (_letters.TryDequeue(out var letter))
        {
            var topic = Encoding.UTF8.GetString(letter.Result.Message.Headers.GetLastBytes("__streams.errors.topic"));
            sender.SendBytes(topic, letter.Key, letter.Result.Message.Value, letter.Time);
            replayed++;
        }

        sender.Flush();
        return replayed;
    }
}
