using System.Globalization;
using System.Text;
using StreamFlow.Serialization;
using StreamFlow.State;
using StreamFlow.Testing;

namespace StreamFlow.Tests.Conformance;

/// <summary>
/// Runs the steps of a recording. Kafka's driver goes on after an exception, StreamFlow's is over then: another one takes
/// the steps that are left.
/// </summary>
internal sealed class ScenarioRun : IDisposable
{
    private static readonly HashSet<string> OwnHeaders = ["streamflow.errors.task", "streamflow.errors.operator", "streamflow.errors.stage"];
    private readonly Topology _topology;
    private readonly TopologyTestDriverOptions _options;
    private readonly Dictionary<string, TestOutputTopic<byte[], byte[]>> _outputs = new(StringComparer.Ordinal);
    private readonly List<string> _globals = [];
    private TopologyTestDriver _driver;
    private long _droppedBefore;

    public ScenarioRun(Topology topology, ErrorHandler handler, long cacheBytes, long clock = 0, Action<StreamFlowOptions>? more = null)
    {
        _topology = topology;
        _options = new TopologyTestDriverOptions
        {
            StartTime = DateTimeOffset.FromUnixTimeMilliseconds(clock),
            Application = new StreamFlowOptions
            {
                ApplicationId = "app",
                CacheMaxBytes = cacheBytes,
                DeserializationErrorHandler = handler,
                ProcessingErrorHandler = handler,
                ProductionErrorHandler = handler,
            },
        };
        more?.Invoke(_options.Application);
        _driver = new TopologyTestDriver(_topology, _options);
    }

    public IReadOnlyList<string> Topics => _driver.ProducedTopics;

    public long Dropped => _droppedBefore + _driver.Metrics.DroppedRecords.Values.Sum();

    /// <summary>Pipes <c>topic key:value@timestamp#header</c> and prints what came out of topic <c>out</c>.</summary>
    public string Pipe(string step)
    {
        try
        {
            Send(step);
        }
        catch (StreamsException)
        {
            _droppedBefore = Dropped;
            Dispose();
            _outputs.Clear();
            _driver = new TopologyTestDriver(_topology, _options);
            _globals.ForEach(Send);
            return "EXC";
        }

        // What global stores have read is on its topic, and read again by the next application.
        if (step.StartsWith("G ", StringComparison.Ordinal))
        {
            _globals.Add(step);
        }

        return Out();
    }

    private void Send(string step)
    {
        var topic = step[..step.IndexOf(' ', StringComparison.Ordinal)];
        var record = step[(topic.Length + 1)..];
        var at = record.LastIndexOf('@');
        var colon = record.IndexOf(':', StringComparison.Ordinal);
        var time = record[(at + 1)..].Split('#');
        _driver.CreateInputTopic(topic, Serdes.String, Serdes.String).Pipe(
            OrNull(record[..colon])!,
            OrNull(record[(colon + 1)..at])!,
            long.Parse(time[0], CultureInfo.InvariantCulture),
            time.Length > 1 ? Headers.Empty.With("h", time[1]) : null);
    }

    /// <summary>Moves the wall clock and prints what came out.</summary>
    public string Advance(long milliseconds)
    {
        _driver.AdvanceWallClock(TimeSpan.FromMilliseconds(milliseconds));
        return Out();
    }

    /// <summary>What came out of topic <c>out</c> since the last call.</summary>
    private string Out()
    {
        var records = Output("out").ReadAll().Select(
            r => $"{Text(r.HasKey, r.Key)}={Text(r.HasValue, r.Value)}@{r.Timestamp}{HeadersText(r.Headers)}");
        return string.Join(' ', records) is { Length: > 0 } text ? text : "-";
    }

    /// <summary>Prints what was written to a topic since the last call, in bytes.</summary>
    public IEnumerable<string> Raw(string topic) => Output(topic).ReadAll().Select(r =>
        $"    raw {topic} key={Hex(r.HasKey, r.Key)} val={Hex(r.HasValue, r.Value)} ts={r.Timestamp} "
        + $"hdr={HeadersText(r.Headers)}");

    /// <summary>Prints the dead letters since the last call, with Java's names of the exceptions.</summary>
    /// <remarks>Without the three headers that each has beside Kafka Streams' own, which other tests look at.</remarks>
    public IEnumerable<string> Letters(string topic)
    {
        var letters = Output(topic).ReadAll();
        return letters.Count == 0 ? [$"    {topic}: -"] : letters.SelectMany(letter =>
            (letter.Headers ?? Headers.Empty)
                .Where(h => !OwnHeaders.Contains(h.Key))
                .Select(h => "      " + ErrorScenarios.Header(h.Key, h.Value is null ? null : Encoding.UTF8.GetString(h.Value)))
                .Prepend($"    {topic}: key={Quoted(letter.HasKey, letter.Key)} value={Quoted(letter.HasValue, letter.Value)} ts={letter.Timestamp}"));
    }

    /// <summary>Prints what a store of texts holds.</summary>
    public string Store(string name) => $"    store {string.Join(' ', _driver.GetKeyValueStore<string, string>(name).All().Select(
        row => $"{row.Key}={row.Value.Value}"))}";

    /// <summary>Prints what a store with headers holds, by all views of it; one without has its times in their place.</summary>
    public string StoreViews(string name, string prefix)
    {
        var plain = _driver.GetKeyValueStore<string, string>(name);
        var rows = plain.All().Select(row => (row.Key, row.Value.Value, row.Value.Timestamp, Headers: (Headers?)null)).ToList();
        var whole = plain is not IReadOnlyKeyValueStoreWithHeaders<string, string> ? rows
            : [.. _driver.GetKeyValueStoreWithHeaders<string, string>(name).AllWithHeaders()
                .Select(row => (row.Key, row.Value.Value, row.Value.Timestamp, (Headers?)row.Value.Headers))];
        return $"    store: {Texts(whole)} | timestamped view {Texts(rows)} | "
            + $"plain view {string.Join(' ', plain.All().Select(row => $"{row.Key}={row.Value.Value}"))} | "
            + $"prefix {Texts(whole.Where(row => row.Key.StartsWith(prefix, StringComparison.Ordinal)))}";

        static string Texts(IEnumerable<(string Key, string Value, long Timestamp, Headers? Headers)> rows) =>
            string.Join(' ', rows.Select(row => $"{row.Key}={row.Value}@{row.Timestamp}{HeadersText(row.Headers)}"));
    }

    public void Dispose() => _driver.Dispose();

    private TestOutputTopic<byte[], byte[]> Output(string topic)
    {
        if (!_outputs.TryGetValue(topic, out var output))
        {
            output = _driver.CreateOutputTopic(topic, Serdes.Bytes, Serdes.Bytes);
            _outputs.Add(topic, output);
        }

        return output;
    }

    private static string Text(bool has, byte[] bytes) => has ? Encoding.UTF8.GetString(bytes) : "null";

    private static string Quoted(bool has, byte[] bytes) => has ? $"'{Encoding.UTF8.GetString(bytes)}'" : "null";

    private static string Hex(bool has, byte[] bytes) => has ? Convert.ToHexStringLower(bytes) : "null";

    private static string HeadersText(Headers? headers) =>
        string.Concat((headers ?? Headers.Empty).Select(h => $"{{{h.Key}={Encoding.UTF8.GetString(h.Value!)}}}"));

    private static string? OrNull(string text) => text == "null" ? null : text;
}
