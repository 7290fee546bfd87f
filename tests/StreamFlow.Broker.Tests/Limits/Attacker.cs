using System.Buffers.Binary;
using System.Text;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>Many connections to one broker that may send what they like and need not read.</summary>
internal sealed class Attacker(int port, double share = 1) : IDisposable
{
    private static readonly TimeSpan SendPatience = TimeSpan.FromSeconds(2);
    private readonly List<RawClient> _clients = [];

    /// <summary>How often something is to be done that is done many times in the whole attack.</summary>
    public int Times(int whole) => Math.Max(1, (int)(whole * share));

    /// <summary>A client that behaves, to prepare what is attacked.</summary>
    public async Task<RawClient> ConnectAsync()
    {
        RawClient client = await RawClient.ConnectAsync(port);
        lock (_clients)
        {
            _clients.Add(client);
        }

        return client;
    }

    /// <summary>Connections that send some frames each and read nothing.</summary>
    public Task SendAndNeverReadAsync(int connections, int times, byte[] frame) => Task.WhenAll(
        Enumerable.Range(0, connections).Select(async _ =>
        {
            RawClient client = await ConnectAsync();
            client.Socket.ReceiveBufferSize = 4096;
            for (int i = 0; i < times && await TrySendAsync(client, frame); i++)
            {
            }
        }));

    /// <summary>Connections that send a frame and wait for its answer, or for the end of the connection.</summary>
    public async Task SendAndReadAsync(int connections, byte[] frame)
    {
        for (int i = 0; i < connections; i++)
        {
            RawClient client = await ConnectAsync();
            if (await TrySendAsync(client, frame))
            {
                await TryReceiveAsync(client);
            }
        }
    }

    /// <summary>Ends all connections.</summary>
    public void HangUp()
    {
        lock (_clients)
        {
            _clients.ForEach(static client => client.Dispose());
            _clients.Clear();
        }
    }

    public void Dispose() => HangUp();

    public static byte[] Framed(params byte[] body)
    {
        byte[] frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame, 4);
        return frame;
    }

    /// <summary>A request with its size in front.</summary>
    public static byte[] Frame(string api, int version, WireStruct request)
    {
        ApiLayout layout = RawClient.Find(api);
        bool flexible = version >= layout.FlexibleFrom;
        return Framed(
        [
            .. RawClient.Header(layout.Key, version, 1, flexible), .. LayoutCodec.Encode(layout.Request, version, flexible, request),
        ]);
    }

    /// <summary>A request of a client with a name of its own.</summary>
    public static byte[] FrameOf(string clientId, string api, int version, WireStruct request)
    {
        ApiLayout layout = RawClient.Find(api);
        byte[] name = Encoding.UTF8.GetBytes(clientId);
        byte[] head = [.. RawClient.Header(layout.Key, version, 1, flexible: false)[..8], (byte)(name.Length >> 8), (byte)name.Length];
        return Framed([.. head, .. name, .. LayoutCodec.Encode(layout.Request, version, flexible: false, request)]);
    }

    public static async Task<bool> TrySendAsync(RawClient client, byte[] frame)
    {
        try
        {
            await client.SendRawAsync(frame).WaitAsync(SendPatience);
            return true;
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            // The broker reads no more, or has ended the connection: that is what attacks are for.
            return false;
        }
    }

    public static async Task<byte[]?> TryReceiveAsync(RawClient client)
    {
        try
        {
            return await client.ReceiveFrameAsync();
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // It took too long; the memory it takes meanwhile is what counts.
            return null;
        }
    }
}
