using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Server;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Limits;

/// <summary>How it shows whether a client gets on with a message that holds bytes, and which of them may not go on.</summary>
public sealed class TransferTests : IDisposable
{
    private static readonly StallLimits Limits = new(Still: TimeSpan.FromSeconds(5), Whole: TimeSpan.FromSeconds(15));
    private readonly FakeTimeProvider _time = new();
    private readonly Socket _client = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _server;

    public TransferTests()
    {
        using Socket listener = new(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        listener.Listen();
        _client.Connect(listener.LocalEndPoint!);
        _server = listener.Accept();
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(1 << 20, 5, 5, false)]
    [InlineData(1 << 20, 6, 6, true)]
    [InlineData(50 << 20, 6, 6, true)]
    [InlineData(1 << 20, 16, 1, false)]
    [InlineData(1 << 20, 17, 1, true)]
    [InlineData(50 << 20, 65, 1, false)]
    [InlineData(50 << 20, 66, 1, true)]
    [InlineData(ByteBudget.OwnShare, 1000, 1000, false)]
    public void Who_moves_nothing_stalls_soon_and_who_is_slow_later(int bytes, int elapsed, int still, bool stalls) =>
        Assert.Equal(stalls, new Transfer(bytes, TimeSpan.FromSeconds(elapsed), TimeSpan.FromSeconds(still)).Stalls(Limits));

    [Fact]
    public async Task A_request_that_comes_slowly_moves_and_one_that_does_not_come_stalls()
    {
        const int Whole = 800_000;
        byte[] frame = new byte[4 + Whole];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(frame, Whole);
        using FrameReader reader = new(new Transport(_server), 1 << 20, new ByteBudget(1 << 20, _time), _time, default);
        Task<Memory<byte>?> read = reader.ReadAsync().AsTask();
        int sent = _client.Send(frame.AsSpan(0, 1000));
        await Eventually.TrueAsync(() => reader.Receiving.Bytes == Whole, "its bytes are taken");
        for (int i = 1; i <= 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(4));
            Assert.Equal(TimeSpan.FromSeconds(4), reader.Receiving.Still);
            sent += _client.Send(frame.AsSpan(sent, 1000));
            await Eventually.TrueAsync(() => reader.Receiving.Still == TimeSpan.Zero, "some of it came");
            Assert.False(reader.Receiving.Stalls(Limits));
            Assert.Equal(TimeSpan.FromSeconds(4 * i), reader.Receiving.Elapsed);
        }

        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(reader.Receiving.Stalls(Limits));
        _client.Send(frame.AsSpan(sent));
        Assert.Equal(Whole, (await read)!.Value.Length);
        Assert.Equal(default, reader.Receiving);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_shows_that_it_moves_whenever_its_client_takes_some_of_it_and_arrives_as_it_was(bool isSecured)
    {
        int seed = Environment.TickCount;
        List<ArraySegment<byte>> pieces = Pieces(new Random(seed));
        byte[] whole = [.. pieces.SelectMany(static piece => piece)];
        byte[] received = new byte[whole.Length];
        using Transport transport = new(_server);
        await using Stream stream = await ConnectAsync(transport, isSecured);
        int moved = 0;
        Task sending = transport.SendAsync(pieces, () => Interlocked.Increment(ref moved)).AsTask();
        int before = await SettledAsync(() => Volatile.Read(ref moved));
        Assert.False(sending.IsCompleted, $"seed {seed}: a client that reads nothing has taken {whole.Length} bytes");
        await stream.ReadExactlyAsync(received.AsMemory(0, whole.Length / 2));
        await Eventually.TrueAsync(() => Volatile.Read(ref moved) > before, "some of it has gone");
        await stream.ReadExactlyAsync(received.AsMemory(whole.Length / 2));
        await sending;
        Assert.True(whole.AsSpan().SequenceEqual(received), $"seed {seed}: the bytes are others");
    }

    /// <summary>Small and large ones, below and above what is sent at once, which do not begin where their arrays do.</summary>
    private static List<ArraySegment<byte>> Pieces(Random random) =>
    [
        .. ((int[])[70, 3_000_000, 1, 262_144, 12_000_000, 500]).Select(size =>
        {
            byte[] piece = new byte[size + 10];
            random.NextBytes(piece);
            return new ArraySegment<byte>(piece, 5, size);
        }),
    ];

    private async Task<Stream> ConnectAsync(Transport transport, bool isSecured)
    {
        NetworkStream plain = new(_client, ownsSocket: false);
        if (!isSecured)
        {
            return plain;
        }

        using TestCertificates certificates = new();
        using X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certificates.ServerFile);
        SslStream secured = new(plain, leaveInnerStreamOpen: false, static (_, shown, _, _) => shown?.Subject == "CN=broker");
        Task<X509Certificate2?> shaken = transport.HandshakeAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, default);
        await secured.AuthenticateAsClientAsync("localhost");
        await shaken;
        return secured;
    }

    private static async Task<int> SettledAsync(Func<int> count)
    {
        int last;
        do
        {
            last = count();
            await Task.Delay(100);
        }
        while (count() != last);
        return last;
    }
}
