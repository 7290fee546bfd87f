using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>
/// Every kind of store without windows or with several values in one behaves like the plainest collection there is, after
/// flushes, commits, rollbacks, restarts and restores. The same over any backend.
/// </summary>
public abstract class StoreKindsContract
{
    internal virtual int Steps => 1_500;

    /// <summary>Where the bytes are, emptied if so told; null for memory.</summary>
    internal virtual Func<bool, IStoreBackend>? Disk => null;

    public static TheoryData<string, long, int> Cases()
    {
        var cases = new TheoryData<string, long, int>();
        var seed = 0;
        foreach (var kind in new[]
        {
            "rows", "rows with headers", "rows used last", "lists", "versions", "duplicates", "updates that wait", "records that wait",
        })
        {
            foreach (var maxCacheBytes in new[] { 0, 500, StoreHarness.Unbounded })
            {
                cases.Add(kind, maxCacheBytes, ++seed);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Store_holds_what_its_model_holds(string kind, long maxCacheBytes, int seed)
    {
        var random = new Random(seed);
        StoreKind model = kind switch
        {
            "rows" => new RowsKind(random),
            "rows with headers" => new RowsWithHeadersKind(random),
            "rows used last" => new UsedLastKind(random),
            "lists" => new ListsKind(random),
            "versions" => new VersionsKind(random),
            "duplicates" => new DuplicatesKind(random),
            "updates that wait" => new WaitingUpdatesKind(random),
            _ => new WaitingRecordsKind(random),
        };
        model.Run(Steps, maxCacheBytes, Disk, seed);
    }
}

/// <summary>A store of some kind beside its model.</summary>
internal abstract class StoreKind(Random random)
{
    protected Random Random => random;

    public void Run(int steps, long maxCacheBytes, Func<bool, IStoreBackend>? disk, int seed)
    {
        var harness = new StoreHarness(Create, maxCacheBytes, disk: disk);
        var model = new StoreModel<StoredLines>(harness, Copy, new([], -1));
        for (var step = 0; step < steps; step++)
        {
            switch (random.Next(20))
            {
                case < 11:
                    Change(harness.Store, model.Now, step);
                    break;
                case < 18:
                    Check(seed, step, Expected(model.Now), Read(harness.Store));
                    if (harness.Store.View(harness.Identity) is { } view)
                    {
                        Check(seed, step, ExpectedOfView(model.Committed), ReadView(view));
                    }

                    break;
                default:
                    model.Live(random);
                    break;
            }
        }

        harness.Backend.Dispose();
    }

    protected abstract StateStore Create();

    /// <summary>Changes store and model alike.</summary>
    protected abstract void Change(StateStore store, StoredLines now, int step);

    /// <summary>Everything in the store as texts, in its order.</summary>
    protected abstract IEnumerable<string> Read(StateStore store);

    /// <summary>The same of what other threads see.</summary>
    protected virtual IEnumerable<string> ReadView(StoreView view) => throw new NotSupportedException();

    /// <summary>What there is to be read in the model.</summary>
    protected virtual IEnumerable<string> Expected(StoredLines model) => Ordered(model.Lines).Select(line => line.Text);

    protected virtual IEnumerable<string> ExpectedOfView(StoredLines model) => Expected(model);

    /// <summary>What a restart remembers.</summary>
    protected virtual StoredLines Copy(StoredLines model) => new([.. model.Lines], model.Time);

    /// <summary>In the order of keys; what was written first comes first in one key.</summary>
    protected static IEnumerable<StoredLine> Ordered(IEnumerable<StoredLine> lines) =>
        lines.OrderBy(line => line.Key, StringComparer.Ordinal).ThenBy(line => line.Time);

    /// <summary>Of several lengths, some of which others begin with.</summary>
    protected string Key() => random.Next(2) == 0 ? "k" + new string('\0', random.Next(3)) : $"k{random.Next(6)}";

    private static void Check(int seed, int step, IEnumerable<string> expected, IEnumerable<string> actual)
    {
        var (should, does) = (string.Join('\n', expected), string.Join('\n', actual));
        Assert.True(should == does, $"seed {seed}, step {step}, expected:\n{should}\nactual:\n{does}");
    }
}

/// <summary>What is written to a store, in the order of writing.</summary>
internal readonly record struct StoredLine(string Key, long Time, string Text);

/// <summary>What a store should hold, and its stream time.</summary>
internal sealed class StoredLines(List<StoredLine> lines, long time)
{
    public List<StoredLine> Lines => lines;

    public long Time { get; set; } = time;

    public bool Remove(string key) => lines.RemoveAll(line => line.Key == key) > 0;

    public void Put(string key, long time, string text)
    {
        Remove(key);
        lines.Add(new(key, time, text));
    }
}
