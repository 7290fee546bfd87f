using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace StreamFlow.Broker.Tests.Clients.Traces;

/// <summary>A request and its answer, both as frames without their size.</summary>
/// <param name="Connection">Which of the client's connections it went over.</param>
/// <param name="Request">The request.</param>
/// <param name="Response">The answer.</param>
internal sealed record TraceCall(int Connection, byte[] Request, byte[] Response)
{
    public int Key => BinaryPrimitives.ReadInt16BigEndian(Request);

    public int Version => BinaryPrimitives.ReadInt16BigEndian(Request.AsSpan(2));
}

/// <summary>What a client and Apache Kafka said to each other, in the order of the answers.</summary>
internal static class Trace
{
    private const string Ending = ".trace.gz";

    /// <summary>The traces that are kept beside the tests.</summary>
    public static IEnumerable<string> Names => Directory.GetFiles(Folder(), "*" + Ending)
        .Select(static x => Path.GetFileName(x)[..^Ending.Length]).Order(StringComparer.Ordinal);

    public static List<TraceCall> Load(string name)
    {
        using GZipStream file = new(File.OpenRead(PathOf(name)), CompressionMode.Decompress);
        using BinaryReader reader = new(file);
        return [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => new TraceCall(
            reader.ReadInt32(), reader.ReadBytes(reader.ReadInt32()), reader.ReadBytes(reader.ReadInt32())))];
    }

    public static void Save(string name, IReadOnlyCollection<TraceCall> calls)
    {
        using GZipStream file = new(File.Create(PathOf(name)), CompressionLevel.SmallestSize);
        using BinaryWriter writer = new(file);
        writer.Write(calls.Count);
        foreach (TraceCall call in calls)
        {
            writer.Write(call.Connection);
            writer.Write(call.Request.Length);
            writer.Write(call.Request);
            writer.Write(call.Response.Length);
            writer.Write(call.Response);
        }
    }

    public static long SizeOf(string name) => new FileInfo(PathOf(name)).Length;

    private static string PathOf(string name) => Path.Combine(Folder(), name + Ending);

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
