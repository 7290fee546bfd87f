using System.Text;
using Confluent.Kafka;
using StreamFlow.Serialization.SchemaRegistry.Tests.Support;

namespace StreamFlow.Serialization.SchemaRegistry.Tests;

/// <summary>Serializers of Confluent.Kafka that know nothing of a registry.</summary>
public sealed class ConfluentSerdesTests
{
    [Fact]
    public void A_serializer_of_Confluent_Kafka_is_adapted()
    {
        var serde = ConfluentSerdes.From(Serializers.Int64, Deserializers.Int64).For(Bytes.Values());

        Assert.Equal(Bytes.Of(Serdes.Int64, 42L), Bytes.Of(serde, 42L));
        Assert.Equal(42, serde.Deserialize(Bytes.Of(serde, 42L)));
    }

    [Fact]
    public void An_asynchronous_one_gets_topic_component_and_headers_and_may_add_some()
    {
        var codec = new Tagging();
        var place = new SerdeContext("orders", isKey: true, StreamFlow.Headers.Empty.With("a", "1"));
        var serde = ConfluentSerdes.FromAsync(() => codec, () => codec).For(place);

        Assert.Equal("orders Key a", Encoding.UTF8.GetString(Bytes.Of(serde, "x")));
        Assert.True(place.Headers.TryGetLast("tag", out var tag));
        Assert.Equal("x", Encoding.UTF8.GetString(tag!));
        Assert.Equal(2, place.Headers.Count);
    }

    [Fact]
    public void Each_place_has_its_own()
    {
        var made = 0;
        var serde = ConfluentSerdes.FromAsync(
            () =>
            {
                made++;
                return new Tagging();
            },
            () => new Tagging());

        serde.For(Bytes.Values("a"));
        serde.For(Bytes.Values("b"));

        Assert.Equal(2, made);
    }

    /// <summary>The continuation would be posted to the thread that waits for it.</summary>
    [Fact]
    public async Task A_thread_with_a_synchronization_context_or_a_scheduler_does_not_wait_for_itself()
    {
        var source = ConfluentSerdes.FromAsync(() => new Tagging(), () => new Tagging());
        byte[]? underContext = null;
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new NeverRuns());
            underContext = Bytes.Of(source.For(Bytes.Values()), "x");
        });
        thread.Start();
        thread.Join();
        var underScheduler = await Task.Factory.StartNew(
            () => Bytes.Of(source.For(Bytes.Values()), "x"), CancellationToken.None, TaskCreationOptions.None,
            new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, 1).ExclusiveScheduler);

        Assert.NotNull(underContext);
        Assert.Equal(underContext, underScheduler);
    }

    [Fact]
    public void One_that_never_ends_is_ended_by_the_timeout()
    {
        var never = new Never();
        var serde = ConfluentSerdes.FromAsync(() => never, () => new Tagging(), TimeSpan.FromMilliseconds(1)).For(Bytes.Values());

        Assert.IsType<TimeoutException>(Assert.Throws<SchemaException>(() => Bytes.Of(serde, "x")).InnerException);
    }

    [Fact]
    public void Bytes_and_values_that_are_missing_are_errors()
    {
        var empty = new Nothing();
        var serde = ConfluentSerdes.From(empty, empty).For(Bytes.Values());

        Assert.Contains("tombstone", Assert.Throws<InvalidOperationException>(() => Bytes.Of(serde, "x")).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => serde.Deserialize([1]));
    }

    [Fact]
    public void What_they_throw_is_told_with_the_topic()
    {
        var serde = ConfluentSerdes.From(Serializers.Int64, Deserializers.Int64).For(Bytes.Values());

        Assert.Contains("the values of topic orders", Assert.Throws<FormatException>(() => serde.Deserialize([1])).Message, StringComparison.Ordinal);
    }

    private sealed class Tagging : IAsyncSerializer<string>, IAsyncDeserializer<string>
    {
        public async Task<byte[]> SerializeAsync(string data, SerializationContext context)
        {
            // Deliberately on whatever context the caller has: the adapter must see to it.
            await Task.Yield();
            var names = context.Headers is null ? "" : string.Join(',', context.Headers.Select(h => h.Key));
            context.Headers?.Add("tag", Encoding.UTF8.GetBytes(data));
            return Encoding.UTF8.GetBytes($"{context.Topic} {context.Component} {names}");
        }

        public async Task<string> DeserializeAsync(ReadOnlyMemory<byte> data, bool isNull, SerializationContext context)
        {
            await Task.Yield();
            return Encoding.UTF8.GetString(data.Span);
        }
    }

    private sealed class Never : IAsyncSerializer<string>
    {
        public Task<byte[]> SerializeAsync(string data, SerializationContext context) => new TaskCompletionSource<byte[]>().Task;
    }

    private sealed class Nothing : ISerializer<string>, IDeserializer<string>
    {
        public byte[] Serialize(string data, SerializationContext context) => null!;

        public string Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => null!;
    }

    private sealed class NeverRuns : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
