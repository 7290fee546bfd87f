using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace StreamFlow.Broker.Tests.Support;

/// <summary>A client of bytes: sends what it is told and decodes with the layouts, so that nothing is shared with the broker.</summary>
public sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private int _correlation;

    private RawClient(TcpClient tcp)
    {
        _tcp = tcp;
        _stream = tcp.GetStream();
    }

    public Socket Socket => _tcp.Client;

    public static async Task<RawClient> ConnectAsync(int port)
    {
        TcpClient tcp = new() { NoDelay = true };
        await tcp.ConnectAsync("127.0.0.1", port);
        return new RawClient(tcp);
    }

    public void Dispose() => _tcp.Dispose();

    public async Task<WireStruct> CallAsync(
        string api, int version, WireStruct request, bool unknownTags = false, byte[]? trailing = null)
    {
        int correlation = await SendAsync(api, version, request, unknownTags, trailing);
        return await ReceiveAsync(api, version, correlation);
    }

    /// <summary>Sends a request, in so many pieces, and returns its correlation id.</summary>
    public async Task<int> SendAsync(
        string api, int version, WireStruct request, bool unknownTags = false, byte[]? trailing = null, int pieces = 1)
    {
        ApiLayout layout = Find(api);
        bool flexible = version >= layout.FlexibleFrom;
        byte[] body = LayoutCodec.Encode(layout.Request, version, flexible, request, unknownTags);
        int correlation = ++_correlation;
        byte[] frame = [.. Header(layout.Key, version, correlation, flexible), .. body, .. trailing ?? []];
        await SendFrameAsync(frame, pieces);
        return correlation;
    }

    public static byte[] Header(int key, int version, int correlation, bool flexible)
    {
        byte[] clientId = Encoding.UTF8.GetBytes("raw");
        byte[] header = new byte[10 + clientId.Length + (flexible ? 1 : 0)];
        BinaryPrimitives.WriteInt16BigEndian(header, (short)key);
        BinaryPrimitives.WriteInt16BigEndian(header.AsSpan(2), (short)version);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), correlation);
        BinaryPrimitives.WriteInt16BigEndian(header.AsSpan(8), (short)clientId.Length);
        clientId.CopyTo(header, 10);
        return header;
    }

    public async Task SendFrameAsync(byte[] frame, int pieces = 1)
    {
        byte[] framed = new byte[4 + frame.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed, frame.Length);
        frame.CopyTo(framed, 4);
        foreach (byte[] piece in framed.Chunk((framed.Length + pieces - 1) / pieces))
        {
            await SendRawAsync(piece);
        }
    }

    public async Task SendRawAsync(byte[] bytes)
    {
        using CancellationTokenSource deadline = new(Deadline);
        await _stream.WriteAsync(bytes, deadline.Token);
    }

    public async Task<WireStruct> ReceiveAsync(string api, int version, int correlation)
    {
        ApiLayout layout = Find(api);
        bool flexible = version >= layout.FlexibleFrom;
        byte[] frame = await ReceiveFrameAsync() ?? throw new EndOfStreamException($"No answer to {api} v{version}.");
        Assert.Equal(correlation, BinaryPrimitives.ReadInt32BigEndian(frame));
        int headerSize = flexible && api != "ApiVersions" ? 5 : 4;
        return LayoutCodec.Decode(layout.Response, version, flexible, frame.AsMemory(headerSize));
    }

    /// <summary>The next frame without its size, or null when the broker closed the connection.</summary>
    public async Task<byte[]?> ReceiveFrameAsync()
    {
        using CancellationTokenSource deadline = new(Deadline);
        byte[] size = new byte[4];
        try
        {
            int first = await _stream.ReadAtLeastAsync(size, 4, throwOnEndOfStream: false, deadline.Token);
            if (first < 4)
            {
                return null;
            }

            byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
            await _stream.ReadExactlyAsync(frame, deadline.Token);
            return frame;
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static ApiLayout Find(string api) => WireLayout.All.Values.Single(x => x.Name == api);
}
