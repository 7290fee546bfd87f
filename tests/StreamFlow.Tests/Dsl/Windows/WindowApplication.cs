using System.Text;
using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Tests.Dsl;

/// <summary>
/// An application with a windowed table that commits now and then, and in between begins anew: after a commit, or giving up
/// what came since; with its state, or from the changelogs. What is sent counts when it is committed.
/// </summary>
internal sealed class Application(
    Func<KGroupedStream<string, string>, KTable<Windowed<string>, long>> describe, long cacheBytes)
{
    private readonly List<ProducedRecord> _changelogs = [];
    private readonly Topology _topology = Build(describe);
    private Dictionary<string, InMemoryBackend> _backends = [];
    private TaskHarness? _harness;
    private long _lateBefore;
    private long _late;

    /// <summary>What was sent, as <c>key[start/end]=count</c>; a deletion has the count <c>null</c>.</summary>
    public List<string> Finals { get; } = [];

    /// <summary>Records that came too late.</summary>
    public long Late => _lateBefore + _late;

    private TaskHarness Harness =>
        _harness ??= new TaskHarness(_topology, cacheBytes: cacheBytes, backends: _backends, changelogs: _backends.Count > 0 ? [] : _changelogs);

    public void Process(IEnumerable<Piped> records)
    {
        foreach (var record in records)
        {
            Harness.Process("in", Encoding.UTF8.GetBytes(record.Key), Encoding.UTF8.GetBytes(record.Value), record.Time);
        }

        Commit();
    }

    public void Run(IReadOnlyList<Piped> records, Random random)
    {
        var committed = 0;
        for (var i = 0; i < records.Count; i++)
        {
            Harness.Process("in", Encoding.UTF8.GetBytes(records[i].Key), Encoding.UTF8.GetBytes(records[i].Value), records[i].Time);
            switch (random.Next(30))
            {
                case 0:
                    // What came since the last commit is given up and done again.
                    Restart(losesState: random.Next(2) == 0);
                    i = committed - 1;
                    break;
                case 1:
                    Commit();
                    Restart(losesState: random.Next(2) == 0);
                    committed = i + 1;
                    break;
                case < 10:
                    Commit();
                    committed = i + 1;
                    break;
            }
        }

        Commit();
    }

    public void Commit()
    {
        Harness.Commit();
        Harness.ReadBack();
        _late = Harness.DroppedBy(DropReason.Late);
        foreach (var topic in Harness.Topics)
        {
            var records = Harness.Take(topic);
            if (topic == "out")
            {
                Finals.AddRange(records.Select(r => Encoding.UTF8.GetString(r.Key!) + "=" + Text(r.Value)));
            }
            else
            {
                _changelogs.AddRange(records);
            }
        }
    }

    public void Restart(bool losesState)
    {
        _harness = null;
        (_lateBefore, _late) = (Late, 0);
        if (losesState)
        {
            _backends = [];
        }
    }

    private static string Text(byte[]? value) => value is null ? "null" : Encoding.UTF8.GetString(value);

    private static Topology Build(Func<KGroupedStream<string, string>, KTable<Windowed<string>, long>> describe)
    {
        var builder = new StreamsBuilder();
        describe(builder.Stream<string, string>("in").GroupByKey()).ToStream()
            .Map(r => r.HasValue
                ? r.WithKey(Text(r.Key)).WithValue($"{r.Value}")
                : r.WithKey(Text(r.Key)).WithoutValue<string>())
            .To("out");
        return builder.Build();
    }

    private static string Text(Windowed<string> key) => $"{key.Key}[{key.Window.Start}/{key.Window.End}]";
}
