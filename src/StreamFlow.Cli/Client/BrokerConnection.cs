using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;
using StreamFlow.Protocol.Messages;

namespace StreamFlow.Cli.Client;

/// <summary>
/// One connection to one broker. Requests may be sent while others wait for their answers, which come in the same order; each goes out in
/// the highest version that both sides have.
/// </summary>
internal sealed class BrokerConnection : IAsyncDisposable
{
    private const int MaxFrameBytes = 512 * 1024 * 1024;

    private readonly Stream _stream;
    private readonly ClientSettings _settings;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<byte[]>> _waiting = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly ApiRanges _ranges = new();
    private Task _reading = Task.CompletedTask;
    private int _correlation;

    private BrokerConnection(HostPort address, Stream stream, ClientSettings settings)
    {
        Address = address;
        _stream = stream;
        _settings = settings;
    }

    public HostPort Address { get; }

    /// <summary>Whether it can be used no more.</summary>
    public bool IsBroken => _closed.IsCancellationRequested || _reading.IsCompleted;

    /// <summary>Connects, agrees on versions and logs in.</summary>
    /// <exception cref="UnreachableException">Nobody listens, or not for this protocol.</exception>
    /// <exception cref="KafkaException">The broker does not let this user in.</exception>
    public static async Task<BrokerConnection> OpenAsync(HostPort address, ClientSettings settings, CancellationToken ct)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(settings.RequestTimeout);
        Stream? stream = null;
        try
        {
            stream = await TransportStream.ConnectAsync(address, settings, patience.Token).ConfigureAwait(false);
            BrokerConnection connection = new(address, stream, settings);
            connection._reading = connection.ReadAllAsync();
            await connection.NegotiateAsync(patience.Token).ConfigureAwait(false);
            if (settings.UsesSasl)
            {
                await SaslLogin.RunAsync(connection, settings, patience.Token).ConfigureAwait(false);
            }

            return connection;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            await CloseAsync(stream).ConfigureAwait(false);
            throw new UnreachableException($"{address} accepts connections but does not answer; is it a broker, and is security.protocol right?");
        }
        catch
        {
            await CloseAsync(stream).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The version that a request would go out in; -1 when the broker does not have the API.</summary>
    public short VersionOf(ApiKey api) => _ranges.VersionOf(api);

    /// <summary>The versions of each API that the broker has.</summary>
    public IReadOnlyDictionary<short, (short Min, short Max)> Ranges => _ranges.OfBroker;

    /// <summary>Sends a request and returns its answer.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="ct">Gives up waiting; the connection goes on to be used.</param>
    /// <param name="waits">How long the broker may hold the answer back because it was asked to.</param>
    /// <exception cref="UnreachableException">The connection was lost, or there was no answer in time.</exception>
    public async Task<TResponse> SendAsync<TResponse>(IRequestFor<TResponse> request, CancellationToken ct, TimeSpan waits = default)
        where TResponse : IWireType<TResponse>
    {
        short version = _ranges.Require(request.Api, Address);
        byte[] frame = await ExchangeAsync(request, version, waits, ct).ConfigureAwait(false);
        return ReadResponse<TResponse>(request.Api, version, frame);
    }

    /// <summary>Sends a request that is not answered: produce without acknowledgement.</summary>
    public async Task SendOnlyAsync<TResponse>(IRequestFor<TResponse> request, CancellationToken ct)
    {
        short version = _ranges.Require(request.Api, Address);
        await WriteAsync(request, version, Interlocked.Increment(ref _correlation), ct).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writing.Dispose();
        _closed.Dispose();
    }

    private async Task<byte[]> ExchangeAsync<TResponse>(IRequestFor<TResponse> request, short version, TimeSpan waits, CancellationToken ct)
    {
        int id = Interlocked.Increment(ref _correlation);
        TaskCompletionSource<byte[]> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        try
        {
            await WriteAsync(request, version, id, ct).ConfigureAwait(false);
            if (_reading.IsCompleted)
            {
                throw Lost(null);
            }

            return await answer.Task.WaitAsync(_settings.RequestTimeout + waits, ct).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw new UnreachableException($"{Address} did not answer {request.Api} within {_settings.RequestTimeout + waits}.", exception);
        }
        finally
        {
            _waiting.TryRemove(id, out _);
        }
    }

    private async Task WriteAsync<TResponse>(IRequestFor<TResponse> request, short version, int id, CancellationToken ct)
    {
        KafkaApi api = KafkaApis.Find(request.Api)!;
        using WireWriter writer = new();
        writer.Version = api.RequestHeaderVersion(version);
        new RequestHeader { RequestApiKey = (short)request.Api, RequestApiVersion = version, CorrelationId = id, ClientId = _settings.ClientId }.Write(writer);
        writer.Version = version;
        request.Write(writer);
        List<ArraySegment<byte>> frame = writer.Complete();
        await _writing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            // A frame that is cut off would make nonsense of all behind it: it is written whole, or the connection is lost.
            foreach (ArraySegment<byte> segment in frame)
            {
                await _stream.WriteAsync(segment, _closed.Token).ConfigureAwait(false);
            }

            await _stream.FlushAsync(_closed.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException || (exception is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw Lost(exception);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task ReadAllAsync()
    {
        Exception? reason = null;
        try
        {
            byte[] size = new byte[4];
            while (!_closed.IsCancellationRequested)
            {
                await _stream.ReadExactlyAsync(size, _closed.Token).ConfigureAwait(false);
                int length = BinaryPrimitives.ReadInt32BigEndian(size);
                if (length is < 4 or > MaxFrameBytes)
                {
                    throw new InvalidDataException($"{Address} announces an answer of {length} bytes; it is no Kafka broker, or security.protocol is wrong.");
                }

                byte[] frame = new byte[length];
                await _stream.ReadExactlyAsync(frame, _closed.Token).ConfigureAwait(false);
                if (_waiting.TryRemove(BinaryPrimitives.ReadInt32BigEndian(frame), out TaskCompletionSource<byte[]>? answer))
                {
                    answer.TrySetResult(frame);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException or SocketException or InvalidDataException)
        {
            reason = exception;
        }

        foreach (TaskCompletionSource<byte[]> answer in _waiting.Values)
        {
            answer.TrySetException(Lost(reason));
        }
    }

    private UnreachableException Lost(Exception? reason) => new(
        reason is InvalidDataException
            ? reason.Message
            : $"The connection to {Address} was closed by the broker. Its log says why; security.protocol may be wrong, or the user unknown.",
        reason);

    private static TResponse ReadResponse<TResponse>(ApiKey api, short version, byte[] frame)
        where TResponse : IWireType<TResponse>
    {
        WireReader reader = new(frame) { Version = KafkaApis.Find(api)!.ResponseHeaderVersion(version) };
        ResponseHeader.Read(ref reader);
        reader.Version = version;
        return TResponse.Read(ref reader);
    }

    /// <summary>A broker that does not know the version answers in version 0, with what it has.</summary>
    private async Task NegotiateAsync(CancellationToken ct)
    {
        ApiVersionsRequest request = new() { ClientSoftwareName = "streamflow", ClientSoftwareVersion = ToolVersion.Text };
        short version = KafkaApis.Find(ApiKey.ApiVersions)!.MaxStableVersion;
        byte[] frame = await ExchangeAsync(request, version, default, ct).ConfigureAwait(false);
        if (BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(4)) == (short)ErrorCode.UnsupportedVersion)
        {
            version = 0;
            frame = await ExchangeAsync(new ApiVersionsRequest(), version, default, ct).ConfigureAwait(false);
        }

        ApiVersionsResponse response = ReadResponse<ApiVersionsResponse>(ApiKey.ApiVersions, version, frame);
        if (response.ErrorCode != ErrorCode.None)
        {
            throw new KafkaException(response.ErrorCode, $"{Address} does not say which versions it speaks");
        }

        _ranges.Set(response);
    }

    private static async ValueTask CloseAsync(Stream? stream)
    {
        if (stream is not null)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
