namespace StreamFlow.Broker.Security;

/// <summary>
/// Where the keys of tokens come from: given ones, a file or an address. The latter two are read again when a token names a
/// key that is not known, at most once in <see cref="Pause"/>, and after <see cref="Lifetime"/>, so that keys may be exchanged.
/// </summary>
internal sealed class KeySource(Func<CancellationToken, Task<byte[]>> read, bool isFixed, BrokerLog log, TimeProvider time)
    : IDisposable
{
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private const int LargestSet = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private SigningKeys? _keys;
    private long _readAt;

    /// <summary>The source that the options name; null if they name none.</summary>
    public static KeySource? Of(BrokerOAuth options, BrokerLog log, TimeProvider time)
    {
        if (options.KeySet is { } given)
        {
            return new KeySource(_ => Task.FromResult(System.Text.Encoding.UTF8.GetBytes(given)), isFixed: true, log, time);
        }

        if (options.KeySetFile is { } file)
        {
            return new KeySource(ct => File.ReadAllBytesAsync(file, ct), isFixed: false, log, time);
        }

        return options.KeySetUrl is { } url ? new KeySource(ct => DownloadAsync(url, ct), isFixed: false, log, time) : null;
    }

    /// <summary>Reads the keys for the first time.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    /// <exception cref="InvalidDataException">What was read is no key set.</exception>
    public async Task LoadAsync(CancellationToken ct)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            SigningKeys fresh = SigningKeys.Parse(await read(patience.Token).ConfigureAwait(false));
            Volatile.Write(ref _keys, fresh);
        }
        catch (Exception e) when (e is HttpRequestException or UnauthorizedAccessException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new IOException($"The key set of OAUTHBEARER cannot be read: {e.Message}", e);
        }
        finally
        {
            Volatile.Write(ref _readAt, time.GetTimestamp());
        }
    }

    public async ValueTask<bool> VerifyAsync(
        string? id, string algorithm, byte[] signed, byte[] signature, CancellationToken ct)
    {
        if (!isFixed && time.GetElapsedTime(Volatile.Read(ref _readAt)) > Lifetime)
        {
            await RefreshAsync(ct).ConfigureAwait(false);
        }

        if (!isFixed && Volatile.Read(ref _keys)?.Find(id, algorithm).Any() != true)
        {
            await RefreshAsync(ct).ConfigureAwait(false);
        }

        return Volatile.Read(ref _keys)?.Find(id, algorithm).Any(key => key.Verify(algorithm, signed, signature)) == true;
    }

    public void Dispose()
    {
        _one.Dispose();
        _keys?.Dispose();
    }

    /// <summary>Keeps what it has when it cannot have better.</summary>
    private async Task RefreshAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            if (time.GetElapsedTime(Volatile.Read(ref _readAt)) >= Pause)
            {
                await LoadAsync(ct).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            SecurityLog.KeysKept(log, e.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task<byte[]> DownloadAsync(Uri url, CancellationToken ct)
    {
        using HttpClient client = new() { MaxResponseContentBufferSize = LargestSet };
        return await client.GetByteArrayAsync(url, ct).ConfigureAwait(false);
    }
}
