using System.Text.Json;
using Confluent.Kafka;

namespace StreamFlow.Samples;

/// <summary>A plain producer as any service has one: idempotent, keys where Kafka's default partitioner puts them.</summary>
public sealed class RecordSender : IDisposable
{
    private readonly IProducer<string?, byte[]?> _producer;
    private Exception? _failure;
    private long _sent;

    /// <summary>Creates a sender.</summary>
    /// <param name="bootstrapServers">The brokers.</param>
    public RecordSender(string bootstrapServers) =>
        _producer = new ProducerBuilder<string?, byte[]?>(new ProducerConfig
        {
            BootstrapServers = bootstrapServers,
            Partitioner = Partitioner.Murmur2Random,
            EnableIdempotence = true,
            LingerMs = 2,
            QueueBufferingMaxMessages = 50_000,
        }).SetLogHandler((_, _) => { }).Build(); // the applications say that no broker answers

    /// <summary>Records handed over so far.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Sends a value as JSON; null deletes. Returns at once; what goes wrong is told by the next call.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="key">The key, or null for none.</param>
    /// <param name="value">The value.</param>
    /// <param name="time">The record's time; now when it is null.</param>
    /// <exception cref="InvalidOperationException">An earlier record could not be sent.</exception>
    public void Send<T>(string topic, string? key, T? value, DateTimeOffset? time = null) =>
        SendBytes(topic, key, value is null ? null : JsonSerializer.SerializeToUtf8Bytes(value, SampleJson.Options), time);

    /// <summary>Sends a value of whatever bytes, as a record that nobody can read.</summary>
    /// <inheritdoc cref="Send{T}"/>
    public void SendBytes(string topic, string? key, byte[]? value, DateTimeOffset? time = null)
    {
        ThrowIfFailed();
        var message = new Message<string?, byte[]?> { Key = key, Value = value };
        if (time is { } given)
        {
            message.Timestamp = new Timestamp(given);
        }

        while (true)
        {
            try
            {
                _producer.Produce(topic, message, Report);
                Interlocked.Increment(ref _sent);
                return;
            }
            catch (ProduceException<string?, byte[]?> exception) when (exception.Error.Code == ErrorCode.Local_QueueFull)
            {
                _producer.Poll(TimeSpan.FromMilliseconds(100));
                ThrowIfFailed();
            }
        }
    }

    /// <summary>Sends a value as JSON and waits until the broker has it.</summary>
    /// <inheritdoc cref="Send{T}"/>
    public async Task SendAsync<T>(string topic, string? key, T value, CancellationToken cancel = default)
    {
        var message = new Message<string?, byte[]?> { Key = key, Value = JsonSerializer.SerializeToUtf8Bytes(value, SampleJson.Options) };
        await _producer.ProduceAsync(topic, message, cancel);
        Interlocked.Increment(ref _sent);
    }

    /// <summary>Waits until the broker has all that was sent.</summary>
    /// <exception cref="InvalidOperationException">A record could not be sent.</exception>
    public void Flush()
    {
        while (_producer.Flush(TimeSpan.FromSeconds(1)) > 0)
        {
            ThrowIfFailed();
        }

        ThrowIfFailed();
    }

    /// <inheritdoc/>
    public void Dispose() => _producer.Dispose();

    private void Report(DeliveryReport<string?, byte[]?> report)
    {
        if (report.Error.IsError)
        {
            Interlocked.CompareExchange(ref _failure, new KafkaException(report.Error), null);
        }
    }

    private void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new InvalidOperationException($"A record could not be sent: {failure.Message}", failure);
        }
    }
}
