using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace StreamFlow.Samples.LogAggregation;

/// <summary>
/// Writes the lines to files by service and hour. Exactly once is a promise about topics and stores; a file is outside of the transaction, and
/// after a crash the last lines come again. So what is written is decided by where a line lies in its topic: its file is named by the block of a
/// thousand offsets that it belongs to, it begins with its offset, and a line that comes again takes the place of itself and of what was behind it.
/// </summary>
/// <param name="folder">The folder of all files.</param>
internal sealed class LogFiles(string folder) : ContextualProcessor<string, LogLine, string, LogLine>
{
    public const string Name = "log-files";
    private const long Block = 1000;
    private readonly Dictionary<(string Service, string Hour), (string Path, StreamWriter Writer)> _open = [];

    public static void Describe(StreamsBuilder builder, string folder)
    {
        builder.Serdes.Add(SampleJson.Serde<LogLine>());
        builder.Stream<string, LogLine>([.. Pipeline.Services.Select(Pipeline.TopicOf)])
            .Process(() => new LogFiles(folder), new() { Name = "files" });
    }

    /// <summary>Reads all files as whoever comes later would; also while they are written.</summary>
    public static IEnumerable<(string File, string Line)> ReadAll(string folder)
    {
        if (!Directory.Exists(folder))
        {
            yield break;
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*.log", SearchOption.AllDirectories).OrderDescending(StringComparer.Ordinal))
        {
            foreach (var line in Lines(path))
            {
                yield return (Path.GetRelativePath(folder, path), line);
            }
        }
    }

    public override void Process(Record<string, LogLine> record)
    {
        var (partition, offset) = Context.RecordMetadata!.Value;
        var time = DateTimeOffset.FromUnixTimeMilliseconds(record.Timestamp);
        var (key, line) = ((record.Key, time.ToString("yyyy-MM-dd'T'HH", CultureInfo.InvariantCulture)), record.Value);
        var path = Path.Combine(folder, record.Key, key.Item2, $"{partition.Partition:D3}-{offset / Block * Block:D12}.log");
        if (!_open.TryGetValue(key, out var file) || file.Path != path)
        {
            file.Writer?.Dispose();
            _open[key] = file = (path, Open(path, offset));
        }

        var level = line.Level.ToString().ToUpperInvariant();
        file.Writer.WriteLine($"{offset:D12} {time:O} {level} {line.Category}: {line.Message.ReplaceLineEndings("\\n")}");
    }

    public override void Close()
    {
        foreach (var (_, writer) in _open.Values)
        {
            writer.Dispose();
        }
    }

    /// <summary>With what was written before this offset; what lies behind it comes again.</summary>
    private static StreamWriter Open(string path, long offset)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var before = File.Exists(path) ? Lines(path).TakeWhile(l => OffsetOf(l) < offset).ToList() : [];

        // Each line is with the operating system before its offset is committed.
        var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        var writer = new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true };
        before.ForEach(writer.WriteLine);
        return writer;
    }

    /// <summary>A line that a crash has cut short counts as not written.</summary>
    private static long OffsetOf(string line) =>
        line.Length > 12 && long.TryParse(line[..12], CultureInfo.InvariantCulture, out var offset) ? offset : long.MaxValue;

    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
