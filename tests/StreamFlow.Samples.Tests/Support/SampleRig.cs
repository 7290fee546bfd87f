using System.Text.Json;
using Confluent.Kafka;
using StreamFlow.Serialization;
using StreamFlow.Testing;

namespace StreamFlow.Samples.Tests.Support;

/// <summary>A topology in the test driver, between what a generator sends and the books that its result topics are read into.</summary>
internal sealed class SampleRig : IDisposable
{
    private readonly TopologyTestDriver _driver;
    private readonly Books _books;
    private readonly Dictionary<string, TestOutputTopic<byte[], byte[]>> _outputs = [];

    /// <param name="describe">The topology.</param>
    /// <param name="books">The books, with all entries open.</param>
    /// <param name="inputs">Topics that are sent to: they have several partitions.</param>
    public SampleRig(Action<StreamsBuilder> describe, Books books, params string[] inputs)
    {
        var builder = new StreamsBuilder();
        describe(builder);
        _books = books;
        _driver = new TopologyTestDriver(builder.Build(), new TopologyTestDriverOptions
        {
            Partitions = inputs.ToDictionary(topic => topic, _ => 3),
        });
    }

    public TopologyTestDriver Driver => _driver;

    /// <summary>Sends what a sample sends: a key, and a value as JSON or none.</summary>
    public void Send(string topic, string key, object? value, long time)
    {
        var input = _driver.CreateInputTopic(topic, Serdes.String, Serdes.Bytes);
        if (value is null)
        {
            input.PipeTombstone(key, time);
        }
        else
        {
            input.Pipe(key, JsonSerializer.SerializeToUtf8Bytes(value, SampleJson.Options), time);
        }
    }

    /// <summary>The records of a result topic that were not read yet.</summary>
    public IEnumerable<SeenRecord> Read(string topic)
    {
        if (!_outputs.TryGetValue(topic, out var output))
        {
            _outputs.Add(topic, output = _driver.CreateOutputTopic(topic, Serdes.Bytes, Serdes.Bytes));
        }

        return output.ReadAll().Select(record => new SeenRecord(Read(topic, record)));
    }

    /// <summary>Reads the results of a run into the books of the next one, as those that were there before.</summary>
    public void ReadEarlier(Books next)
    {
        foreach (var witness in next.Witnesses)
        {
            foreach (var record in Read(witness.Topic).ToList())
            {
                witness.Earlier?.Invoke(record);
            }
        }
    }

    /// <summary>Reads all results into the books.</summary>
    /// <param name="loses">Whether a result is lost on its way there, by topic and number.</param>
    /// <param name="into">Other books.</param>
    public void Settle(Func<string, int, bool>? loses = null, Books? into = null)
    {
        foreach (var witness in (into ?? _books).Witnesses)
        {
            var number = 0;
            foreach (var record in Read(witness.Topic))
            {
                if (loses?.Invoke(witness.Topic, number++) is not true)
                {
                    witness.See(record);
                }
            }
        }
    }

    /// <summary>Names of the entries that do not balance.</summary>
    public IReadOnlyList<string> Wrong => [.. _books.Entries.Where(e => !e.Balances).Select(e => e.Name)];

    public void Dispose() => _driver.Dispose();

    private static ConsumeResult<byte[]?, byte[]?> Read(string topic, Record<byte[], byte[]> record) => new()
    {
        Topic = topic,
        Message = new Message<byte[]?, byte[]?>
        {
            Key = record.Key,
            Value = record.HasValue ? record.Value : null,
            Timestamp = new Timestamp(record.Timestamp, TimestampType.CreateTime),
        },
    };
}
