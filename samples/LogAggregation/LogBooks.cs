namespace StreamFlow.Samples.LogAggregation;

/// <summary>The books: the generator's own plain loops against the result topics, and against the files as they lie on the disk.</summary>
internal sealed class LogBooks
{
    private const int SpikesShown = 12;
    private readonly BookTable<(string Service, DateTimeOffset Minute), LogCount> _minutes;
    private readonly BookTable<(string Service, DateTimeOffset Minute), long> _spikes;
    private readonly BookMeasure _files;
    private readonly Dictionary<string, Queue<DateTimeOffset>> _recent = Pipeline.Services.ToDictionary(s => s, _ => new Queue<DateTimeOffset>());
    private readonly SortedDictionary<(DateTimeOffset Minute, string Service), long> _latest = [];

    public LogBooks(Books books, string folder)
    {
        _minutes = books.Table<(string, DateTimeOffset), LogCount>("minutes of services, lines and errors of each");
        _spikes = books.Table<(string, DateTimeOffset), long>("spikes, with most errors within 10 s");
        _files = books.Measure("lines in files, each once", () => LogFiles.ReadAll(folder).CountBy(l => l).LongCount(times => times.Value == 1));

        // What an earlier run on the same brokers has counted is where this one begins.
        books.Read(Pipeline.PerMinute, record => _minutes.See(record.WindowedKey, record.Value<LogCount>()), earlier: record =>
        {
            _minutes.Expect(record.WindowedKey, record.Value<LogCount>());
            _minutes.See(record.WindowedKey, record.Value<LogCount>());

            // Spikes do not reach over two minutes.
            var end = record.WindowedKey.WindowStart.AddMinutes(2);
            EarlierEnd = end > EarlierEnd ? end : EarlierEnd;
        });
        books.Read(Pipeline.Spikes, record => See(record.Key, record.Value<Spike>()));
    }

    /// <summary>Up to where an earlier run has logged.</summary>
    public DateTimeOffset EarlierEnd { get; private set; }

    public void Expect(LogLine line, DateTimeOffset at)
    {
        _minutes.Expect((line.Service, Minute(at)), count => count.Plus(line), LogCount.None);
        _files.Expect();
        if (Pipeline.IsError(line))
        {
            var recent = _recent[line.Service];
            recent.Enqueue(at);
            while (recent.Peek() < at - Pipeline.SpikeLength)
            {
                recent.Dequeue();
            }

            if (recent.Count >= Pipeline.SpikeErrors)
            {
                _spikes.Expect((line.Service, Minute(at)), most => Math.Max(most, recent.Count), 0);
            }
        }
    }

    /// <summary>The newest spikes, for the page.</summary>
    public IReadOnlyList<object> Latest()
    {
        lock (_latest)
        {
            return [.. _latest.Reverse().Select(s => new { s.Key.Service, At = s.Key.Minute, Errors = s.Value })];
        }
    }

    private static DateTimeOffset Minute(DateTimeOffset at) => at.AddTicks(-(at.Ticks % TimeSpan.TicksPerMinute));

    /// <summary>Many windows see one spike; the one with most errors is it.</summary>
    private void See(string service, Spike spike)
    {
        var minute = Minute(spike.To);
        _spikes.See((service, minute), most => Math.Max(most, spike.Errors), 0);
        lock (_latest)
        {
            _latest[(minute, service)] = Math.Max(_latest.GetValueOrDefault((minute, service)), spike.Errors);
            if (_latest.Count > SpikesShown)
            {
                _latest.Remove(_latest.Keys.First());
            }
        }
    }
}
