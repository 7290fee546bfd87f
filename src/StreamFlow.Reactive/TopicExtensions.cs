using System.Reactive.Linq;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using StreamFlow.Clients;

namespace StreamFlow.Reactive;

/// <summary>Topics as observables and as asynchronous sequences, and observables as sources of topics.</summary>
public static class TopicExtensions
{
    /// <summary>
    /// The records of a topic. Cold: each observer has a reader of its own, all partitions, from where the options say. It is called on the
    /// reader's thread, and the next record waits until it returns, so nothing is lost and nothing piles up. What cannot be read is an error.
    /// Partitions that are added later are found within <see cref="TopicReadOptions{TKey, TValue}.PartitionsInterval"/>.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="clients">The way to Kafka: <c>KafkaClients</c> of StreamFlow.Kafka, <c>InMemoryKafka</c> in tests.</param>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="options">How it is read.</param>
    /// <returns>The records: those of a partition in their order.</returns>
    public static IObservable<Record<TKey, TValue>> ObserveTopic<TKey, TValue>(
        this IKafkaClients clients, string topic, TopicReadOptions<TKey, TValue> options)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentNullException.ThrowIfNull(options);
        options.Checked();
        return Observable.Create<Record<TKey, TValue>>(observer =>
        {
            var reading = new TopicReading<TKey, TValue>(clients, topic, options, observer.OnNext, error => End(observer, error));
            reading.Start();
            return reading;
        });
    }

    /// <summary>
    /// The records of a topic, to be read with <c>await foreach</c>; read ahead by <see cref="TopicReadOptions{TKey, TValue}.Capacity"/>. Each
    /// enumeration has a reader of its own, which ends with it.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="clients">The way to Kafka: <c>KafkaClients</c> of StreamFlow.Kafka, <c>InMemoryKafka</c> in tests.</param>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <returns>The records: those of a partition in their order.</returns>
    public static IAsyncEnumerable<Record<TKey, TValue>> ReadTopic<TKey, TValue>(
        this IKafkaClients clients, string topic, TopicReadOptions<TKey, TValue> options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentNullException.ThrowIfNull(options);
        return Read(clients, topic, options.Checked(), cancellationToken);
    }

    /// <summary>
    /// Writes what an observable emits into a topic, from now on. <see cref="TopicWriting.Completion"/> ends when the observable has and all it
    /// emitted is acknowledged. What is in a queue or on its way is lost with the process; otherwise nothing is, unless
    /// <see cref="TopicWriteOptions{TKey, TValue}.SlowObserver"/> says so, and nothing is written twice. An error of the observable ends it
    /// after what came before was written.
    /// </summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="source">The records; one without a value is a deletion.</param>
    /// <param name="clients">The way to Kafka.</param>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="options">How it is written.</param>
    /// <returns>The writing; dispose of it to end it earlier.</returns>
    public static TopicWriting WriteTo<TKey, TValue>(
        this IObservable<Record<TKey, TValue>> source, IKafkaClients clients, string topic, TopicWriteOptions<TKey, TValue> options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentException.ThrowIfNullOrEmpty(topic);
        ArgumentNullException.ThrowIfNull(options);
        var writer = new TopicWriter<TKey, TValue>(clients, topic, options.Checked());
        writer.Start(source);
        return new TopicWriting(writer);
    }

    /// <summary>Writes values into a topic under keys of their own, with the time at which they come.</summary>
    /// <typeparam name="TKey">Type of the keys.</typeparam>
    /// <typeparam name="TValue">Type of the values.</typeparam>
    /// <param name="source">The values.</param>
    /// <param name="clients">The way to Kafka.</param>
    /// <param name="topic">Name of the topic.</param>
    /// <param name="key">Makes the key of a value.</param>
    /// <param name="options">How it is written.</param>
    /// <returns>The writing; dispose of it to end it earlier.</returns>
    public static TopicWriting WriteTo<TKey, TValue>(
        this IObservable<TValue> source, IKafkaClients clients, string topic, Func<TValue, TKey> key, TopicWriteOptions<TKey, TValue> options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(options);
        return source
            .Select(value => new Record<TKey, TValue>(key(value), value, options.Time.GetUtcNow().ToUnixTimeMilliseconds()))
            .WriteTo(clients, topic, options);
    }

    private static async IAsyncEnumerable<Record<TKey, TValue>> Read<TKey, TValue>(
        IKafkaClients clients,
        string topic,
        TopicReadOptions<TKey, TValue> options,
        CancellationToken given,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(given, cancellationToken);
        var channel = Channel.CreateBounded<Record<TKey, TValue>>(new BoundedChannelOptions(options.Capacity) { SingleWriter = true });
        TopicReading<TKey, TValue>? reading = null;
        using (reading = new TopicReading<TKey, TValue>(
            clients,
            topic,
            options,
            record => Write(channel.Writer, record, reading!.Stopping),
            error => channel.Writer.TryComplete(error)))
        {
            reading.Start();
            await foreach (var record in channel.Reader.ReadAllAsync(either.Token).ConfigureAwait(false))
            {
                yield return record;
            }
        }
    }

    /// <summary>On the reader's thread, which waits until there is room.</summary>
    private static void Write<T>(ChannelWriter<T> channel, T record, CancellationToken stopping)
    {
        try
        {
            while (!channel.TryWrite(record) && channel.WaitToWriteAsync(stopping).AsTask().GetAwaiter().GetResult())
            {
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody reads any more.
        }
    }

    private static void End<T>(IObserver<T> observer, Exception? error)
    {
        if (error is null)
        {
            observer.OnCompleted();
        }
        else
        {
            observer.OnError(error);
        }
    }
}
