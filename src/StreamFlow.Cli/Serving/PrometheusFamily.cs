using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace StreamFlow.Cli.Serving;

/// <summary>One instrument and its values by labels.</summary>
internal sealed class PrometheusFamily
{
    private readonly Instrument _instrument;
    private readonly Dictionary<string, Series> _series = [];
    private readonly double[] _bounds;
    private readonly Kind _kind;

    public PrometheusFamily(Instrument instrument)
    {
        _instrument = instrument;
        string type = instrument.GetType().Name;
        _kind = type.StartsWith("Histogram", StringComparison.Ordinal) ? Kind.Histogram
            : type.StartsWith("Counter", StringComparison.Ordinal) ? Kind.Counter
            : type.StartsWith("ObservableCounter", StringComparison.Ordinal) ? Kind.Total
            : type.StartsWith("UpDownCounter", StringComparison.Ordinal) ? Kind.Sum
            : Kind.Gauge;
        _bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? [.. bounds] : [];
        Name = NameOf(instrument, _kind is Kind.Counter or Kind.Total);
    }

    private enum Kind
    {
        /// <summary>Added up here.</summary>
        Counter,

        /// <summary>Read when somebody collects; it only rises.</summary>
        Total,

        /// <summary>Added up here; it may fall.</summary>
        Sum,

        /// <summary>Read when somebody collects.</summary>
        Gauge,

        Histogram,
    }

    public string Name { get; }

    /// <summary>Forgets what is read anew at each collection: a topic that is gone has no size.</summary>
    public void BeginCollection()
    {
        if (_kind is Kind.Gauge or Kind.Total)
        {
            lock (_series)
            {
                _series.Clear();
            }
        }
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string labels = Labels(tags);
        lock (_series)
        {
            if (!_series.TryGetValue(labels, out Series? series))
            {
                series = _series[labels] = new Series(new long[_bounds.Length + 1]);
            }

            series.Sum = _kind is Kind.Gauge or Kind.Total ? value : series.Sum + value;
            if (_kind == Kind.Histogram)
            {
                int bucket = Array.FindIndex(_bounds, bound => value <= bound);
                series.Buckets[bucket < 0 ? _bounds.Length : bucket]++;
            }
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_series)
        {
            if (_series.Count == 0)
            {
                return;
            }

            string type = _kind switch { Kind.Counter or Kind.Total => "counter", Kind.Histogram => "histogram", _ => "gauge" };
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {Escape(_instrument.Description ?? "", isHelp: true)}\n# TYPE {Name} {type}\n");
            foreach ((string labels, Series series) in _series.OrderBy(static s => s.Key, StringComparer.Ordinal))
            {
                if (_kind == Kind.Histogram)
                {
                    WriteHistogram(text, labels, series);
                }
                else
                {
                    text.Append(CultureInfo.InvariantCulture, $"{Name}{{{labels}}} {PrometheusMetrics.Number(series.Sum)}\n");
                }
            }
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, Series series)
    {
        long count = 0;
        string comma = labels.Length == 0 ? "" : ",";
        for (int i = 0; i < series.Buckets.Length; i++)
        {
            count += series.Buckets[i];
            string bound = i < _bounds.Length ? PrometheusMetrics.Number(_bounds[i]) : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{Name}_sum{{{labels}}} {PrometheusMetrics.Number(series.Sum)}\n{Name}_count{{{labels}}} {count}\n");
    }

    private static string NameOf(Instrument instrument, bool isCounter)
    {
        string name = instrument.Name.Replace('.', '_');
        string unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        string withUnit = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return isCounter && !withUnit.EndsWith("_total", StringComparison.Ordinal) ? withUnit + "_total" : withUnit;
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StringBuilder labels = new();
        foreach ((string key, object? value) in tags)
        {
            labels.Append(labels.Length == 0 ? "" : ",").Append(key.Replace('.', '_')).Append("=\"")
                .Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", isHelp: false)).Append('"');
        }

        return labels.ToString();
    }

    private static string Escape(string text, bool isHelp)
    {
        string escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return isHelp ? escaped : escaped.Replace("\"", "\\\"", StringComparison.Ordinal);
    }

    private sealed class Series(long[] buckets)
    {
        public double Sum { get; set; }

        public long[] Buckets { get; } = buckets;
    }
}
