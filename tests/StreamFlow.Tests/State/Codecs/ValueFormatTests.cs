using StreamFlow.Clients;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Bytes of stored values, as recorded from Kafka Streams 4.3.1.</summary>
public class ValueFormatTests
{
    private static readonly Headers Three = Headers.Empty.With("k", "v").With("n", (byte[]?)null).With("e", []);

    [Theory]
    [InlineData("plain", "6162")]
    [InlineData("timestamped", "00000000000000056162")]
    [InlineData("headers", "0000000000000000056162")]
    [InlineData("headers only", "006162")]
    [InlineData("three headers", "1606026b0276026e0102650000000000000000056162")]
    public void Value_has_the_bytes_of_kafka_streams(string kind, string bytes)
    {
        var (format, headers) = Kind(kind);
        var buffer = new PooledBuffer();
        format.Write("ab", 5, headers, buffer);
        Assert.Equal(bytes, Convert.ToHexStringLower(buffer.Written));
        Assert.Equal("6162", Convert.ToHexStringLower(format.ChangelogValue(buffer.Written)));

        Assert.Equal("ab", format.Read(buffer.Written, out var timestamp, out var read));
        Assert.Equal(kind is "plain" or "headers only" ? -1 : 5, timestamp);
        Assert.Equal(Text(headers), Text(read));

        var record = new ByteRecord { Value = "ab"u8, HasValue = true, Timestamp = 5 };
        Assert.Equal(bytes, Convert.ToHexStringLower(format.Restore(in record, headers, new PooledBuffer())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("ffffffffffff")]
    [InlineData("10")]
    [InlineData("06060a6b")]
    public void Bytes_that_do_not_begin_with_headers_are_refused(string bytes)
    {
        var (format, _) = Kind("headers only");

        var error = Assert.Throws<StateStoreException>(() => format.Read(Convert.FromHexString(bytes), out _, out _));
        Assert.Contains("'s'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_with_headers_gives_them_back_from_cache_bytes_and_changelog()
    {
        var harness = new StoreHarness(
            () => new KeyValueStore<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, StoreFormat.Headers));
        KeyValueStore<string, string> Store() => (KeyValueStore<string, string>)harness.Store;
        Store().Set(ref Store().Find("a"), "ab", hasValue: true, 5, Three);
        Store().Set(ref Store().Find("b"), "x", hasValue: true, 6, headers: null);
        Assert.Equal(Text(Three), Text(Store().Find("a").Headers));
        harness.Commit();
        Assert.Equal(Text(Three), Text(Store().Find("a").Headers));
        Assert.Equal(Text(Three), Text(harness.Changelog.Records[0].Headers));
        harness.Reopen();
        Assert.Equal(Text(Three), Text(Store().Find("a").Headers));
        harness.Restore(recordsPerBatch: 1);
        Assert.Equal(Text(Three), Text(Store().Find("a").Headers));
        Assert.Null(Store().Find("b").Headers);
        using var scan = Store().ScanAll();
        Assert.True(scan.MoveNext());
        Assert.Equal(Text(Three), Text(scan.Headers));
    }

    private static string Text(Headers? headers) => headers is null
        ? "none"
        : string.Join(' ', headers.Select(h => $"{h.Key}={(h.Value is null ? "null" : Convert.ToHexStringLower(h.Value))}"));

    private static (ValueFormat<string> Format, Headers? Headers) Kind(string kind) => kind switch
    {
        "plain" => (Format(StoreFormat.Plain), null),
        "timestamped" => (Format(StoreFormat.Timestamped), null),
        "headers" => (Format(StoreFormat.Headers), null),
        "headers only" => (Format(StoreFormat.HeadersOnly), null),
        _ => (Format(StoreFormat.Headers), Three),
    };

    private static ValueFormat<string> Format(StoreFormat format) => new("s", Utf8Serde.Instance, format);
}
