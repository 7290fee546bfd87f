using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace StreamFlow.Broker.Server;

/// <summary>
/// The bytes of one connection: those of its socket, or what TLS makes of them. Without TLS a call is the socket's own,
/// behind one comparison.
/// </summary>
internal sealed class Transport(Socket socket) : IDisposable
{
    /// <summary>Answers below this size go out as one TLS record each, instead of one for each of their pieces.</summary>
    private const int CoalesceBelow = 64 * 1024;

    /// <summary>
    /// Larger answers go out piece by piece of this size, so that it shows whether the peer takes them. Less would cost more system
    /// calls, more would have a slow peer look like one that takes nothing.
    /// </summary>
    private const int LargestSend = 256 * 1024;

    private SslStream? _tls;

    public Socket Socket { get; } = socket;

    public bool HasTls => _tls is not null;

    /// <summary>Begins to speak TLS.</summary>
    /// <returns>The certificate that the client has shown; null if it has none.</returns>
    public async Task<X509Certificate2?> HandshakeAsync(SslServerAuthenticationOptions options, CancellationToken ct)
    {
        _tls = new SslStream(new NetworkStream(Socket, ownsSocket: false), leaveInnerStreamOpen: false);
        await _tls.AuthenticateAsServerAsync(options, ct).ConfigureAwait(false);
        return _tls.RemoteCertificate as X509Certificate2;
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> destination) =>
        _tls is null ? Socket.ReceiveAsync(destination) : _tls.ReadAsync(destination);

    /// <summary>Sends everything; the pieces may be used again afterwards.</summary>
    /// <param name="pieces">What to send, in order.</param>
    /// <param name="moved">Is called whenever some of a large answer has gone.</param>
    public async ValueTask SendAsync(List<ArraySegment<byte>> pieces, Action moved)
    {
        if (_tls is null && SizeOf(pieces) > LargestSend)
        {
            await SendLargeAsync(pieces, moved).ConfigureAwait(false);
        }
        else if (_tls is not null)
        {
            await SendEncryptedAsync(_tls, pieces, moved).ConfigureAwait(false);
        }
        else if (pieces.Count == 1)
        {
            // A stream socket takes everything it is given, in as many system calls as that needs, or fails.
            await Socket.SendAsync(pieces[0].AsMemory(), SocketFlags.None).ConfigureAwait(false);
        }
        else
        {
            await Socket.SendAsync(pieces, SocketFlags.None).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the peer that nothing more comes, so that it does not take the end for an attack.</summary>
    public async Task SayGoodbyeAsync()
    {
        if (_tls is not null)
        {
            await _tls.ShutdownAsync().ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        Socket.Dispose();
        _tls?.Dispose();
    }

    private static int SizeOf(List<ArraySegment<byte>> pieces)
    {
        int size = 0;
        foreach (ArraySegment<byte> piece in pieces)
        {
            size += piece.Count;
        }

        return size;
    }

    private async ValueTask SendLargeAsync(List<ArraySegment<byte>> pieces, Action moved)
    {
        List<ArraySegment<byte>> together = [];
        int size = 0;
        foreach (ArraySegment<byte> piece in pieces)
        {
            ArraySegment<byte> rest = piece;
            while (rest.Count > 0)
            {
                int taken = Math.Min(rest.Count, LargestSend - size);
                together.Add(rest[..taken]);
                size += taken;
                rest = rest[taken..];
                if (size == LargestSend)
                {
                    await Socket.SendAsync(together, SocketFlags.None).ConfigureAwait(false);
                    moved();
                    together.Clear();
                    size = 0;
                }
            }
        }

        if (size > 0)
        {
            await Socket.SendAsync(together, SocketFlags.None).ConfigureAwait(false);
        }
    }

    private static async ValueTask SendEncryptedAsync(SslStream tls, List<ArraySegment<byte>> pieces, Action moved)
    {
        int size = SizeOf(pieces);
        if (pieces.Count == 1 || size > CoalesceBelow)
        {
            foreach (ArraySegment<byte> piece in pieces)
            {
                for (int at = 0; at < piece.Count; at += LargestSend)
                {
                    await tls.WriteAsync(piece[at..Math.Min(piece.Count, at + LargestSend)].AsMemory()).ConfigureAwait(false);
                    moved();
                }
            }

            return;
        }

        byte[] together = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            int at = 0;
            foreach (ArraySegment<byte> piece in pieces)
            {
                piece.AsSpan().CopyTo(together.AsSpan(at));
                at += piece.Count;
            }

            await tls.WriteAsync(together.AsMemory(0, size)).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(together);
        }
    }
}
