using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace StreamFlow.Broker.Tests.Threads;

public sealed partial class OrderedLockTests
{
    private readonly OrderedLock _outer = new(LockRank.TopicChanges);
    private readonly OrderedLock _inner = new(LockRank.Log);

    [Fact]
    public void Locks_may_be_taken_in_their_order_and_again_by_who_holds_them()
    {
        using (_outer.Enter())
        using (_inner.Enter())
        using (_outer.Enter())
        using (_inner.Enter())
        {
        }

        using (_inner.Enter())
        {
        }

        using (_outer.Enter())
        {
        }
    }

    [Fact]
    public void A_lock_that_is_taken_out_of_order_is_an_error_that_names_both()
    {
        using (_inner.Enter())
        {
            var wrong = Assert.Throws<InvalidOperationException>(() => _outer.Enter().Dispose());
            Assert.Contains(nameof(LockRank.TopicChanges), wrong.Message, StringComparison.Ordinal);
            Assert.Contains(nameof(LockRank.Log), wrong.Message, StringComparison.Ordinal);
        }

        // It holds nothing that it does not know of.
        using (_outer.Enter())
        {
        }
    }

    [Fact]
    public void Two_locks_of_a_rank_are_never_held_together()
    {
        var other = new OrderedLock(LockRank.Log);
        using (_inner.Enter())
        {
            Assert.Throws<InvalidOperationException>(() => other.Enter().Dispose());
        }
    }

    [Fact]
    public void What_needs_no_waiting_is_allowed_in_any_order_and_counts_for_what_follows()
    {
        var between = new OrderedLock(LockRank.LogFlush);
        using (_inner.Enter())
        {
            Assert.True(_outer.TryEnter());
            Assert.Throws<InvalidOperationException>(() => between.Enter().Dispose());
            _outer.Exit();
        }
    }

    [Fact]
    public void A_lock_keeps_other_threads_out_until_it_is_let_go_of()
    {
        var entered = false;
        Thread other;
        using (_outer.Enter())
        {
            other = new Thread(() => entered = _outer.TryEnter());
            other.Start();
            other.Join();
            Assert.False(entered);
        }

        other = new Thread(() => entered = _outer.TryEnter());
        other.Start();
        other.Join();
        Assert.True(entered);
    }

    [Fact]
    public void Every_lock_of_the_broker_has_a_place_in_the_order()
    {
        string[] files = [.. Directory.EnumerateFiles(Sources(), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.EndsWith("OrderedLock.cs", StringComparison.Ordinal))];
        Assert.True(files.Length > 100);
        Assert.Empty(files.Where(static path => PlainLock().IsMatch(File.ReadAllText(path))).Select(Path.GetFileName));
        Assert.Contains(files, static path => File.ReadAllText(path).Contains("new OrderedLock(", StringComparison.Ordinal)
            || File.ReadAllText(path).Contains("OrderedLock _gate = new(", StringComparison.Ordinal));
    }

    private static string Sources([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "..", "src", "StreamFlow.Broker"));

    /// <summary>A lock statement, a <c>Lock</c>, a monitor or another lock of the framework: they are in no order.</summary>
    [GeneratedRegex(@"\block ?\(|\bLock \w+ ?[=;]|\bnew Lock\(|\b(Monitor|SpinLock|ReaderWriterLockSlim|Mutex)\b")]
    private static partial Regex PlainLock();
}
