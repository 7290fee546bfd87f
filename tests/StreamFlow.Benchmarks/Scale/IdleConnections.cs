using System.Buffers.Binary;
using System.Net.Sockets;

namespace StreamFlow.Benchmarks.Scale;

/// <summary>Connections that have asked one thing, as clients do when they come, and then say nothing.</summary>
internal sealed class IdleConnections : IDisposable
{
    private const short ApiVersions = 18;

    private readonly List<TcpClient> _clients = [];

    /// <summary>Those that were answered.</summary>
    public int Served { get; private set; }

    public static async Task<IdleConnections> OpenAsync(string bootstrap, int count)
    {
        string[] address = bootstrap.Split(':');
        IdleConnections open = new();
        byte[] answer = new byte[64 * 1024];
        for (int i = 0; i < count; i++)
        {
            TcpClient client = new() { NoDelay = true };
            open._clients.Add(client);
            await client.ConnectAsync(address[0], int.Parse(address[1], System.Globalization.CultureInfo.InvariantCulture));
            open.Served += await AskAsync(client.GetStream(), answer) ? 1 : 0;
        }

        return open;
    }

    public void Dispose() => _clients.ForEach(static client => client.Dispose());

    /// <summary>ApiVersions in version 0, written out by hand: a size, the header, no body.</summary>
    private static async Task<bool> AskAsync(NetworkStream stream, byte[] answer)
    {
        byte[] request = new byte[14];
        BinaryPrimitives.WriteInt32BigEndian(request, request.Length - 4);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(4), ApiVersions);
        BinaryPrimitives.WriteInt16BigEndian(request.AsSpan(12), -1); // no client id
        try
        {
            await stream.WriteAsync(request);
            await stream.ReadExactlyAsync(answer.AsMemory(0, 4));
            await stream.ReadExactlyAsync(answer.AsMemory(0, BinaryPrimitives.ReadInt32BigEndian(answer)));
            return true;
        }
        catch (IOException)
        {
            // It was refused, which is counted.
            return false;
        }
    }
}
