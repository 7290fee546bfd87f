using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using StreamFlow.Broker;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Serving;

/// <summary>
/// Answers GET /health and GET /metrics over HTTP/1.1, one request a connection: enough for probes and for Prometheus, without a web
/// server in the program.
/// </summary>
internal sealed class StatusEndpoint : IAsyncDisposable
{
    private const int MaxRequestBytes = 8 * 1024;
    private const int MaxConnections = 16;

    /// <summary>A client that sends or reads nothing for so long is dropped.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener;
    private readonly EmbeddedBroker _broker;
    private readonly PrometheusMetrics _metrics;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _free = new(MaxConnections);
    private readonly Task _accepting;

    private StatusEndpoint(TcpListener listener, EmbeddedBroker broker, PrometheusMetrics metrics)
    {
        _listener = listener;
        _broker = broker;
        _metrics = metrics;
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens.</summary>
    public EndPoint Address => _listener.LocalEndpoint;

    /// <summary>
    /// Takes the address. Before the broker starts: who has mistyped it, or has given one that is taken, is told before anything
    /// else has happened. Connections wait until <see cref="Start"/>.
    /// </summary>
    /// <exception cref="CommandException">The address is none, or is taken.</exception>
    public static TcpListener Listen(string address)
    {
        string whole = address.Contains(':', StringComparison.Ordinal) ? address : $"127.0.0.1:{address}";
        if (!IPEndPoint.TryParse(whole, out IPEndPoint? endPoint))
        {
            throw new CommandException($"--http is '{address}'; give a port, or an IP address and a port such as 0.0.0.0:9644.", ExitCode.Usage);
        }

        TcpListener listener = new(endPoint);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException exception)
        {
            listener.Dispose();
            throw new CommandException($"--http cannot listen at {whole}: {exception.Message}. Choose another port, or 0 for a free one.", ExitCode.Failed, exception);
        }
    }

    /// <summary>Answers whoever connects to the listener, which it closes at its end.</summary>
    public static StatusEndpoint Start(TcpListener listener, EmbeddedBroker broker, PrometheusMetrics metrics) => new(listener, broker, metrics);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        for (int i = 0; i < MaxConnections; i++)
        {
            await _free.WaitAsync().ConfigureAwait(false);
        }

        _free.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _free.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopped, or one connection was gone before it was accepted: the loop's condition tells which.
                _free.Release();
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using NetworkStream stream = new(socket, ownsSocket: true);
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            patience.CancelAfter(Patience);
            string request = await ReadAsync(stream, patience.Token).ConfigureAwait(false);
            await stream.WriteAsync(Answer(request), patience.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // A client that has gone, or does not say what it wants, gets no answer.
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>The request up to the empty line; what comes behind it does not matter for GET.</summary>
    private static async Task<string> ReadAsync(NetworkStream stream, CancellationToken ct)
    {
        byte[] buffer = new byte[MaxRequestBytes];
        int length = 0;
        while (length < buffer.Length)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(length), ct).ConfigureAwait(false);
            length += read;
            if (read == 0 || buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
            {
                break;
            }
        }

        return Encoding.ASCII.GetString(buffer, 0, length);
    }

    private byte[] Answer(string request)
    {
        string[] line = request.Split("\r\n")[0].Split(' ');
        string path = line.Length > 1 ? line[1].Split('?')[0] : "";
        (string status, string type, string body) = (line[0], path) switch
        {
            ("GET" or "HEAD", "/metrics") => ("200 OK", "text/plain; version=0.0.4; charset=utf-8", _metrics.Text()),
            ("GET" or "HEAD", "/health") => Health(),
            ("GET" or "HEAD", _) => ("404 Not Found", "text/plain", "There are /health and /metrics.\n"),
            _ => ("405 Method Not Allowed", "text/plain", "Only GET.\n"),
        };
        byte[] content = Encoding.UTF8.GetBytes(body);
        string head = string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n");
        return line[0] == "HEAD" ? Encoding.ASCII.GetBytes(head) : [.. Encoding.ASCII.GetBytes(head), .. content];
    }

    /// <summary>
    /// 503 tells a probe that the disk fails the broker; what is wrong stands in the answer. As the health check of a host has it, whose
    /// "degraded" a readiness probe takes for the same.
    /// </summary>
    private (string Status, string Type, string Body) Health()
    {
        BrokerState state = _broker.State;
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("status", state.Condition == BrokerCondition.Healthy ? "ready" : state.Condition.ToString().ToLowerInvariant());
            json.WriteString("summary", state.Summary);
            json.WriteBoolean("needsHelp", state.NeedsHelp);
            json.WriteString("bootstrapServers", _broker.BootstrapServers);
            json.WriteNumber("connections", _broker.ConnectionCount);
            json.WriteBoolean("groups", state.HasGroups);
            json.WriteBoolean("transactions", state.HasTransactions);
            json.WriteStartArray("partitions");
            foreach (BrokerPartitionTrouble trouble in state.Partitions)
            {
                json.WriteStartObject();
                json.WriteString("topic", trouble.Topic);
                json.WriteNumber("partition", trouble.Partition);
                json.WriteBoolean("readable", trouble.IsReadable);
                json.WriteString("reason", trouble.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        string status = state.Condition == BrokerCondition.Healthy ? "200 OK" : "503 Service Unavailable";
        return (status, "application/json", Encoding.UTF8.GetString(buffer.ToArray()) + "\n");
    }
}
