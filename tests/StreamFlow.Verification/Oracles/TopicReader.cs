using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace StreamFlow.Verification.Oracles;

/// <summary>A record as kcat printed it; missing keys and values are null.</summary>
internal readonly record struct ReadRecord(int Partition, long Offset, long Timestamp, byte[]? Key, byte[]? Value)
{
    public string KeyText => Encoding.UTF8.GetString(Key!);

    public string ValueText => Encoding.UTF8.GetString(Value!);
}

/// <summary>
/// Reads topics with <c>read_committed</c> by kcat, a client that shares no code with StreamFlow: own program, own build
/// of librdkafka.
/// </summary>
internal sealed class TopicReader(string bootstrapServers)
{
    /// <summary>All committed records of a topic, by partition and in offset order.</summary>
    public IReadOnlyList<ReadRecord> Read(string topic)
    {
        using var kcat = Start(
            "-C", "-b", bootstrapServers, "-t", topic, "-o", "beginning", "-e", "-q",
            "-X", "isolation.level=read_committed", "-X", "check.crcs=true", "-X", "fetch.wait.max.ms=10",
            "-f", "%p %o %T %K %S %k%s\n");
        var errors = kcat.StandardError.ReadToEndAsync();
        var records = Parse(kcat.StandardOutput.BaseStream);
        kcat.WaitForExit();
        return kcat.ExitCode == 0
            ? [.. records.OrderBy(r => r.Partition).ThenBy(r => r.Offset)]
            : throw new HarnessException($"kcat could not read {topic}: {errors.Result}");
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("kcat", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    private static List<ReadRecord> Parse(Stream output)
    {
        var records = new List<ReadRecord>();
        using var input = new BufferedStream(output, 1 << 20);
        while (TryReadNumber(input, out var partition))
        {
            var (offset, timestamp) = (ReadNumber(input), ReadNumber(input));
            var (keyLength, valueLength) = (ReadNumber(input), ReadNumber(input));
            var key = ReadBytes(input, keyLength);
            var value = ReadBytes(input, valueLength);
            if (input.ReadByte() != '\n')
            {
                throw new HarnessException($"kcat's output is not understood after offset {offset} of partition {partition}.");
            }

            records.Add(new ReadRecord((int)partition, offset, timestamp, key, value));
        }

        return records;
    }

    private static byte[]? ReadBytes(BufferedStream input, long length)
    {
        if (length < 0)
        {
            return null;
        }

        var bytes = new byte[length];
        input.ReadExactly(bytes);
        return bytes;
    }

    private static long ReadNumber(BufferedStream input) =>
        TryReadNumber(input, out var number) ? number : throw new HarnessException("kcat's output ends within a record.");

    private static bool TryReadNumber(BufferedStream input, out long number)
    {
        var text = new StringBuilder();
        int next;
        while ((next = input.ReadByte()) is not (' ' or -1))
        {
            text.Append((char)next);
        }

        number = 0;
        return text.Length > 0 && long.TryParse(text.ToString(), CultureInfo.InvariantCulture, out number)
            ? true
            : text.Length == 0 && next == -1 ? false : throw new HarnessException($"kcat's output '{text}' is not a number.");
    }
}
