using System.Buffers.Binary;

namespace StreamFlow.Broker.Server;

/// <summary>Knows, by its first bytes, a client that speaks something else than Kafka's protocol.</summary>
internal static class ForeignProtocol
{
    public const string Tls = "TLS";
    public const string Http = "HTTP";

    private const byte TlsHandshake = 0x16;
    private const byte TlsMajorVersion = 0x03;

    private static readonly HashSet<string> HttpBeginnings =
        ["GET ", "PUT ", "PRI ", "HEAD", "POST", "DELE", "OPTI", "PATC", "CONN", "TRAC"];

    /// <summary>Which one it is, or null.</summary>
    /// <param name="head">What stands where a request has its size, 4 bytes.</param>
    public static string? Guess(ReadOnlySpan<byte> head)
    {
        if (head[0] == TlsHandshake && head[1] == TlsMajorVersion)
        {
            return Tls;
        }

        // As a size it would be more than a gigabyte, which no request has.
        uint size = BinaryPrimitives.ReadUInt32BigEndian(head);
        return size > 0x40000000 && HttpBeginnings.Contains(System.Text.Encoding.ASCII.GetString(head[..4])) ? Http : null;
    }

    /// <summary>What it looks like, and what to do about it.</summary>
    public static string Describe(string protocol) => protocol == Tls
        ? "it looks like TLS, which this listener does not speak. Set security.protocol to plaintext or SASL_PLAINTEXT in the client, "
            + "or give the broker a listener with TLS."
        : "it looks like HTTP. This port speaks Kafka's protocol only: give its address as host:port to a Kafka client, and HTTP "
            + "clients or probes another port.";
}
