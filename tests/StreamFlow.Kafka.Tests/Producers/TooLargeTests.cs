using StreamFlow.Kafka.Producers;

namespace StreamFlow.Kafka.Tests.Producers;

/// <summary>What is said of a record that is too large.</summary>
public sealed class TooLargeTests
{
    [Fact]
    public void It_names_key_size_and_both_settings()
    {
        var text = TooLarge.Text("app-baskets-changelog", hasKey: true, "customer-7"u8, 1_234_567);

        Assert.StartsWith("The record has the key 'customer-7' (10 bytes) and a value of 1234567 bytes.", text, StringComparison.Ordinal);
        Assert.Contains("max.message.bytes of topic 'app-baskets-changelog'", text, StringComparison.Ordinal);
        Assert.Contains("message.max.bytes of the producer (KafkaClientOptions.Producer", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_no_text_is_shown_as_bytes()
    {
        Assert.Contains("the key 0x0000FF (3 bytes)", TooLarge.Text("t", hasKey: true, [0, 0, 255], 1), StringComparison.Ordinal);
        Assert.Contains("the key 0x0A (1 bytes)", TooLarge.Text("t", hasKey: true, "\n"u8, 1), StringComparison.Ordinal);
        Assert.Contains("no key", TooLarge.Text("t", hasKey: false, [], 1), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_key_is_cut()
    {
        var key = new byte[2_000_000];
        key.AsSpan().Fill((byte)'k');

        var text = TooLarge.Text("t", hasKey: true, key, 1);

        Assert.Contains($"'{new string('k', 100)}'... (2000000 bytes)", text, StringComparison.Ordinal);
        Assert.True(text.Length < 600, text);
    }
}
