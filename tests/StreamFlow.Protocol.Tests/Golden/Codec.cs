using System.Globalization;
using System.Reflection;

namespace StreamFlow.Protocol.Tests.Golden;

/// <summary>Reads and writes a message whose type is known by name only.</summary>
internal static class Codec
{
    private delegate object Reader(Memory<byte> bytes, short version, out int left);

    private delegate byte[] Writer(object message, short version);

    private static readonly Dictionary<string, (Reader Read, Writer Write)> Codecs =
        GoldenMessage.Layouts.Keys.ToDictionary(name => name, name => (Make<Reader>(nameof(ReadAs), name), Make<Writer>(nameof(WriteAs), name)));

    public static object Read(string name, byte[] bytes, short version, out int left) =>
        Codecs[name].Read(bytes, version, out left);

    public static byte[] Write(string name, object message, short version) => Codecs[name].Write(message, version);

    /// <summary>All that a message says, in words.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        byte[] bytes => Convert.ToHexString(bytes),
        WireRecords records => records.IsNull ? "null" : Convert.ToHexString(records.Memory.Span),
        Array items => $"[{string.Join(", ", items.Cast<object>().Select(Describe))}]",
        _ when value.GetType().Namespace == "StreamFlow.Protocol.Messages" =>
            $"({string.Join(", ", value.GetType().GetProperties().Select(p => $"{p.Name}: {Describe(p.GetValue(value))}"))})",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static T Make<T>(string method, string name)
        where T : Delegate =>
        typeof(Codec).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(Fill.TypeOf(name)).CreateDelegate<T>();

    private static object ReadAs<T>(Memory<byte> bytes, short version, out int left)
        where T : IWireType<T>
    {
        var reader = new WireReader(bytes) { Version = version };
        object message = T.Read(ref reader);
        left = reader.Remaining;
        return message;
    }

    private static byte[] WriteAs<T>(object message, short version)
        where T : IWireType<T>
    {
        using var writer = new WireWriter { Version = version };
        ((T)message).Write(writer);
        return [.. writer.Complete().SelectMany(piece => piece).Skip(sizeof(int))];
    }
}
