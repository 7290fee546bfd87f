using StreamFlow.Protocol.Tests.Golden;

namespace StreamFlow.Protocol.Tests;

/// <summary>Every version of every message against the bytes of Apache Kafka's own classes.</summary>
public sealed class GoldenTests
{
    [Fact]
    public void Every_version_of_every_message_has_golden_bytes() =>
        Assert.Equal(
            GoldenMessage.Layouts.Values
                .SelectMany(m => Enumerable.Range(m.Head.Versions.From, m.Head.Versions.To - m.Head.Versions.From + 1)
                    .SelectMany(v => new[] { $"{m.Name} {v} filled", $"{m.Name} {v} empty" }))
                .Order(StringComparer.Ordinal),
            GoldenMessage.All.Select(m => m.ToString()).Order(StringComparer.Ordinal));

    [Fact]
    public void What_is_written_is_what_Kafka_writes() =>
        AssertForAll(golden => Convert.ToHexString(Codec.Write(golden.Name, Fill.Make(golden), golden.Version)), golden => Convert.ToHexString(golden.Bytes));

    [Fact]
    public void What_Kafka_writes_is_read_whole_and_says_what_was_filled_in() =>
        AssertForAll(
            golden =>
            {
                var message = Codec.Read(golden.Name, golden.Bytes, golden.Version, out var left);
                return $"{Codec.Describe(message)}, {left} bytes left";
            },
            golden => $"{Codec.Describe(Fill.Make(golden))}, 0 bytes left");

    private static void AssertForAll(Func<GoldenMessage, string> actual, Func<GoldenMessage, string> expected)
    {
        var wrong = (
            from golden in GoldenMessage.All
            let was = Try(() => actual(golden))
            let should = expected(golden)
            where was != should
            select $"{golden}\n  is     {was}\n  should {should}").ToList();
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {GoldenMessage.All.Count}:\n{string.Join('\n', wrong.Take(20))}");
    }

    private static string Try(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return e.ToString();
        }
    }
}
