namespace StreamFlow.Samples;

/// <summary>A line of the books: what the generator says must come, and what was seen. May be used by any thread.</summary>
public abstract class BookEntry
{
    private protected BookEntry(string name) => Name = name;

    /// <summary>What must hold, as <c>orders confirmed or cancelled, each once</c>.</summary>
    public string Name { get; }

    /// <summary>How many are expected; of sums, how much.</summary>
    public abstract long Expected { get; }

    /// <summary>How many of them were seen as expected.</summary>
    public abstract long Seen { get; }

    /// <summary>Whether what was seen is what was expected, and nothing else was.</summary>
    public abstract bool Balances { get; }

    /// <summary>What differs, the first few; empty when it balances or there is nothing but the two numbers to say.</summary>
    public virtual IReadOnlyList<string> Differences => [];

    private protected Lock Gate { get; } = new();
}

/// <summary>Two sums that must be equal.</summary>
public sealed class BookSum : BookEntry
{
    private long _expected;
    private long _seen;

    internal BookSum(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    public override long Expected => Interlocked.Read(ref _expected);

    /// <inheritdoc/>
    public override long Seen => Interlocked.Read(ref _seen);

    /// <inheritdoc/>
    public override bool Balances => Expected == Seen;

    /// <summary>Adds to what must come.</summary>
    public void Expect(long amount = 1) => Interlocked.Add(ref _expected, amount);

    /// <summary>Adds to what was seen.</summary>
    public void See(long amount = 1) => Interlocked.Add(ref _seen, amount);
}

/// <summary>A number that must be what is measured somewhere outside of topics, as lines in files. Measured now and then, and at the end.</summary>
public sealed class BookMeasure : BookEntry
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private readonly Func<long> _measure;
    private long _expected;
    private long _seen;
    private long _measured;

    internal BookMeasure(string name, Func<long> measure)
        : base(name) => _measure = measure;

    /// <inheritdoc/>
    public override long Expected => Interlocked.Read(ref _expected);

    /// <inheritdoc/>
    public override long Seen
    {
        get
        {
            lock (Gate)
            {
                if (_measured == 0 || TimeProvider.System.GetElapsedTime(_measured) > Interval)
                {
                    Measure();
                }

                return _seen;
            }
        }
    }

    /// <inheritdoc/>
    public override bool Balances => Expected == Seen;

    /// <summary>Adds to what must be measured in the end.</summary>
    public void Expect(long amount = 1) => Interlocked.Add(ref _expected, amount);

    internal void Measure()
    {
        lock (Gate)
        {
            _seen = _measure();
            _measured = TimeProvider.System.GetTimestamp();
        }
    }
}

/// <summary>
/// Rows that must be equal: for each key the value that is expected, and the one that was seen last. To count how often a key was seen,
/// take numbers and <see cref="See(TKey, Func{TValue, TValue}, TValue)"/>.
/// </summary>
public sealed class BookTable<TKey, TValue> : BookEntry
    where TKey : notnull
{
    private const int DifferencesTold = 5;
    private readonly Dictionary<TKey, TValue> _expected = [];
    private readonly Dictionary<TKey, TValue> _seen = [];
    private readonly HashSet<TKey> _wrong = [];
    private readonly HashSet<TKey> _right = [];

    internal BookTable(string name)
        : base(name)
    {
    }

    /// <inheritdoc/>
    public override long Expected
    {
        get
        {
            lock (Gate)
            {
                return _expected.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override long Seen
    {
        get
        {
            lock (Gate)
            {
                return _right.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override bool Balances
    {
        get
        {
            lock (Gate)
            {
                return _wrong.Count == 0;
            }
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Differences
    {
        get
        {
            lock (Gate)
            {
                var told = _wrong.Take(DifferencesTold).Select(key => $"'{key}' {Told(_expected, key)} expected, {Told(_seen, key)} seen");
                return _wrong.Count <= DifferencesTold ? [.. told] : [.. told, $"and {_wrong.Count - DifferencesTold} more"];
            }
        }
    }

    /// <summary>The value that must be there in the end.</summary>
    public void Expect(TKey key, TValue value)
    {
        lock (Gate)
        {
            _expected[key] = value;
            Compare(key);
        }
    }

    /// <summary>Changes the value that must be there in the end.</summary>
    /// <param name="key">The row.</param>
    /// <param name="change">Makes the new value from the old one.</param>
    /// <param name="first">What the old one is when there is none.</param>
    public void Expect(TKey key, Func<TValue, TValue> change, TValue first)
    {
        lock (Gate)
        {
            _expected[key] = change(_expected.GetValueOrDefault(key, first));
            Compare(key);
        }
    }

    /// <summary>The row must not be there in the end.</summary>
    public void ExpectNone(TKey key)
    {
        lock (Gate)
        {
            _expected.Remove(key);
            Compare(key);
        }
    }

    /// <summary>The value as it was seen; it takes the place of an earlier one.</summary>
    public void See(TKey key, TValue value)
    {
        lock (Gate)
        {
            _seen[key] = value;
            Compare(key);
        }
    }

    /// <summary>Changes the value that was seen.</summary>
    /// <param name="key">The row.</param>
    /// <param name="change">Makes the new value from the old one.</param>
    /// <param name="first">What the old one is when there is none.</param>
    public void See(TKey key, Func<TValue, TValue> change, TValue first)
    {
        lock (Gate)
        {
            _seen[key] = change(_seen.GetValueOrDefault(key, first));
            Compare(key);
        }
    }

    /// <summary>The row was deleted.</summary>
    public void SeeNone(TKey key)
    {
        lock (Gate)
        {
            _seen.Remove(key);
            Compare(key);
        }
    }

    private static string Told(Dictionary<TKey, TValue> rows, TKey key) =>
        rows.TryGetValue(key, out var value) ? $"{value}" : "nothing";

    private void Compare(TKey key)
    {
        var isExpected = _expected.TryGetValue(key, out var expected);
        var isSeen = _seen.TryGetValue(key, out var seen);
        var equal = isExpected == isSeen && (!isExpected || EqualityComparer<TValue>.Default.Equals(expected, seen));
        _ = equal ? _wrong.Remove(key) : _wrong.Add(key);
        _ = equal && isExpected ? _right.Add(key) : _right.Remove(key);
    }
}

/// <summary>Things that must be seen exactly once each, and no others.</summary>
public sealed class BookOnce<TKey> : BookEntry
    where TKey : notnull
{
    private readonly BookTable<TKey, int> _table;

    internal BookOnce(string name)
        : base(name) => _table = new BookTable<TKey, int>(name);

    /// <inheritdoc/>
    public override long Expected => _table.Expected;

    /// <inheritdoc/>
    public override long Seen => _table.Seen;

    /// <inheritdoc/>
    public override bool Balances => _table.Balances;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Differences => _table.Differences;

    /// <summary>It must come, once.</summary>
    public void Expect(TKey key) => _table.Expect(key, 1);

    /// <summary>It has come.</summary>
    public void See(TKey key) => _table.See(key, times => times + 1, 0);
}
