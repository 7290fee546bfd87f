using System.Globalization;

namespace StreamFlow.Samples;

/// <summary>
/// The books of a run: what the generator says must come of its records, against what an independent consumer reads from the
/// result topics. They use nothing of the applications' own memory.
/// </summary>
public sealed class Books
{
    private readonly List<BookEntry> _entries = [];
    private readonly List<TopicWitness> _witnesses = [];

    /// <summary>The entries, in the order they were opened.</summary>
    public IReadOnlyList<BookEntry> Entries => _entries;

    /// <summary>Whether all entries do.</summary>
    public bool Balance => _entries.TrueForAll(e => e.Balances);

    internal IReadOnlyList<TopicWitness> Witnesses => _witnesses;

    /// <summary>A number that changes when anything is seen or expected: whoever waits for the books waits while it does.</summary>
    internal long Movement => Interlocked.Read(ref _movement) + _entries.Sum(e => e.Expected + e.Seen);

    private long _movement;

    /// <summary>Opens an entry of two sums.</summary>
    public BookSum Sum(string name) => Add(new BookSum(name));

    /// <summary>Opens an entry of what is measured outside of topics.</summary>
    /// <param name="name">What must hold.</param>
    /// <param name="measure">Measures it; called twice a second at most.</param>
    public BookMeasure Measure(string name, Func<long> measure) => Add(new BookMeasure(name, measure));

    /// <summary>Opens an entry of rows.</summary>
    public BookTable<TKey, TValue> Table<TKey, TValue>(string name)
        where TKey : notnull => Add(new BookTable<TKey, TValue>(name));

    /// <summary>Opens an entry of things that come once each.</summary>
    public BookOnce<TKey> Once<TKey>(string name)
        where TKey : notnull => Add(new BookOnce<TKey>(name));

    /// <summary>Lets a topic be read by the independent consumer, read committed, from where it ends when the run starts.</summary>
    /// <param name="topic">The topic; it must exist when the run starts.</param>
    /// <param name="see">Gets its records, all on one thread.</param>
    /// <param name="earlier">Gets the records that were there before; null when they do not matter.</param>
    public void Read(string topic, Action<SeenRecord> see, Action<SeenRecord>? earlier = null) =>
        _witnesses.Add(new TopicWitness(
            topic,
            record =>
            {
                Interlocked.Increment(ref _movement);
                see(record);
            },
            earlier));

    /// <summary>Writes a line for each entry, and the verdict.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="isComplete">Whether all results could be read.</param>
    internal void Print(TextWriter output, bool isComplete)
    {
        _entries.OfType<BookMeasure>().ToList().ForEach(e => e.Measure());
        foreach (var entry in _entries)
        {
            var numbers = string.Create(CultureInfo.InvariantCulture, $"{entry.Expected:N0}");
            var found = entry.Balances ? "" : string.Create(CultureInfo.InvariantCulture, $" expected, {entry.Seen:N0} as expected");
            output.WriteLine($"  {(entry.Balances ? "ok      " : "MISMATCH")}  {entry.Name}: {numbers}{found}");
            foreach (var difference in entry.Differences)
            {
                output.WriteLine($"              {difference}");
            }
        }

        if (_entries.TrueForAll(e => e.Expected == 0))
        {
            output.WriteLine("  MISMATCH  nothing was generated: the run was stopped before the applications were running");
            isComplete = false;
        }

        output.WriteLine(Balance && isComplete ? "BALANCED" : "NOT BALANCED");
    }

    /// <summary>What has been seen so far, in one line.</summary>
    internal string Progress() => string.Join("   ", _entries.Select(e =>
        string.Create(CultureInfo.InvariantCulture, $"{Short(e.Name)} {e.Seen:N0}/{e.Expected:N0}")));

    private static string Short(string name) => name.IndexOf(',', StringComparison.Ordinal) is > 0 and var comma ? name[..comma] : name;

    private T Add<T>(T entry)
        where T : BookEntry
    {
        _entries.Add(entry);
        return entry;
    }
}

/// <summary>Who is told of the records of a topic.</summary>
internal sealed record TopicWitness(string Topic, Action<SeenRecord> See, Action<SeenRecord>? Earlier);
