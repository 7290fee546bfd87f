using System.Text;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>Headers that stores with headers write to their changelogs, deletions included.</summary>
public sealed class LoggedHeadersTests
{
    private static readonly Headers Put = Headers.Empty.With("h", "put");
    private static readonly Headers Gone = Headers.Empty.With("h", "gone");

    [Theory]
    [InlineData("rows")]
    [InlineData("windows")]
    [InlineData("sessions")]
    public void A_deletion_has_the_headers_that_it_was_given(string kind)
    {
        var harness = new StoreHarness(() => Create(kind));
        foreach (var (put, delete) in new[] { (Put, Gone), (null, Headers.Empty), (Headers.Empty, null) })
        {
            Write(harness.Store, "v", put);
            harness.Commit();
            Write(harness.Store, null, delete);
            harness.Commit();
        }

        Assert.Equal(
            ["put", "- gone", "none", "- none", "none", "- none"],
            harness.Changelog.Records.Select(r => (r.Value is null ? "- " : "") + Text(r.Headers)));
        harness.Restore(recordsPerBatch: 1);
        Assert.DoesNotContain(harness.Dump().Keys, key => !key.StartsWith("ff", StringComparison.Ordinal));
    }

    /// <summary>The interface without headers deletes too, and the row that was there is no reason to repeat its headers.</summary>
    [Theory]
    [InlineData("rows")]
    [InlineData("windows")]
    [InlineData("sessions")]
    public void A_deletion_without_headers_has_none_of_the_row_before(string kind)
    {
        var harness = new StoreHarness(() => Create(kind));
        Write(harness.Store, "v", Put);
        harness.Commit();

        switch (harness.Store)
        {
            case IKeyValueStore<string, string> rows:
                Assert.True(rows.Delete("k", 7));
                break;
            case IWindowStore<string, string> windows:
                Assert.True(windows.Delete("k", 5, 7));
                break;
            default:
                Assert.True(((ISessionStore<string, string>)harness.Store).Delete(Session));
                break;
        }

        harness.Commit();
        Assert.Equal(["put", "none"], harness.Changelog.Records.Select(r => Text(r.Headers)));
    }

    /// <summary>What is written is read with the headers it was given, none being the same as no headers at all.</summary>
    [Fact]
    public void Empty_headers_are_read_as_none()
    {
        foreach (var kind in new[] { "rows", "windows", "sessions" })
        {
            var harness = new StoreHarness(() => Create(kind));
            Write(harness.Store, "v", Headers.Empty);
            Assert.Null(Read(harness.Store));
            harness.Commit();
            harness.Reopen();
            Assert.Null(Read(harness.Store));
        }
    }

    private static Windowed<string> Session => new("k", new Window(3, 5));

    private static StateStore Create(string kind) => kind switch
    {
        "rows" => new KeyValueStoreWithHeaders<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance),
        "windows" => new WindowStoreWithHeaders<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, 10, 1_000),
        _ => new SessionStoreWithHeaders<string, string>("s", Utf8Serde.Instance, Utf8Serde.Instance, 1_000),
    };

    private static void Write(StateStore store, string? value, Headers? headers)
    {
        switch (store)
        {
            case IKeyValueStoreWithHeaders<string, string> rows when value is not null:
                rows.Put("k", value, 7, headers);
                break;
            case IKeyValueStoreWithHeaders<string, string> rows:
                Assert.True(rows.Delete("k", 7, headers));
                break;
            case IWindowStoreWithHeaders<string, string> windows when value is not null:
                Assert.True(windows.Put("k", 5, value, 7, headers));
                break;
            case IWindowStoreWithHeaders<string, string> windows:
                Assert.True(windows.Delete("k", 5, 7, headers));
                break;
            case ISessionStoreWithHeaders<string, string> sessions when value is not null:
                Assert.True(sessions.Put(Session, value, headers));
                break;
            default:
                Assert.True(((ISessionStoreWithHeaders<string, string>)store).Delete(Session, headers));
                break;
        }
    }

    private static Headers? Read(StateStore store)
    {
        switch (store)
        {
            case IKeyValueStoreWithHeaders<string, string> rows:
                Assert.True(rows.TryGetWithHeaders("k", out var row));
                return row.Headers;
            case IWindowStoreWithHeaders<string, string> windows:
                Assert.True(windows.TryFetchWithHeaders("k", 5, out var window));
                return window.Headers;
            default:
                Assert.True(((ISessionStoreWithHeaders<string, string>)store).TryFetchSessionWithHeaders("k", 3, 5, out var session));
                return session.Headers;
        }
    }

    private static string Text(Headers? headers) => headers is { Count: > 0 } && headers.TryGetLast("h", out var value)
        ? Encoding.UTF8.GetString(value!)
        : "none";
}
