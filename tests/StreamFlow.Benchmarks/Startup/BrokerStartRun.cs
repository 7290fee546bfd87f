using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using StreamFlow.Benchmarks.Measuring;
using StreamFlow.Broker;

namespace StreamFlow.Benchmarks.Startup;

/// <summary>How long an embedded broker takes from the call that starts it to its first answer about metadata.</summary>
internal static class BrokerStartRun
{
    private const short MetadataKey = 3;

    public static async Task<int> MainAsync(Options options)
    {
        if (options.Has("child"))
        {
            Console.WriteLine((await StartOnceAsync()).ToString("R", System.Globalization.CultureInfo.InvariantCulture));
            return 0;
        }

        var warm = new List<double>();
        for (var i = 0; i < options.Number("repetitions", 20); i++)
        {
            warm.Add(await StartOnceAsync());
        }

        var (coldStart, coldProcess) = await ColdAsync((int)options.Number("cold", 5));
        Results.Write(
            new JsonObject
            {
                ["kind"] = "broker-start",
                ["date"] = DateTimeOffset.UtcNow.ToString("O"),
                ["repetitions"] = warm.Count,
                ["first_ms"] = Results.Round(warm[0]),
                ["median_ms"] = Results.Round(Results.Median(warm)),
                ["max_ms"] = Results.Round(warm.Max()),
                ["new_process_start_ms"] = Results.Round(Results.Median(coldStart)),
                ["new_process_whole_ms"] = Results.Round(Results.Median(coldProcess)),
            },
            options);
        return 0;
    }

    /// <summary>Processes of their own, in which nothing is compiled yet: the start alone, and from the process' start on.</summary>
    private static async Task<(List<double> Start, List<double> Process)> ColdAsync(int repetitions)
    {
        var (starts, processes) = (new List<double>(), new List<double>());
        for (var i = 0; i < repetitions; i++)
        {
            var began = Stopwatch.GetTimestamp();
            using var process = Process.Start(
                new ProcessStartInfo(Environment.ProcessPath!, ["BrokerStart", "--child"]) { RedirectStandardOutput = true })!;
            var line = await process.StandardOutput.ReadLineAsync()
                ?? throw new InvalidOperationException("The broker's process ended without an answer.");
            processes.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            starts.Add(double.Parse(line, System.Globalization.CultureInfo.InvariantCulture));
            await process.WaitForExitAsync();
        }

        return (starts, processes);
    }

    private static async Task<double> StartOnceAsync()
    {
        var began = Stopwatch.GetTimestamp();
        await using var broker = await EmbeddedBroker.StartAsync(
            new EmbeddedBrokerOptions { Topics = [new BrokerTopic("orders", Partitions: 4)] });
        AskMetadata(broker.Port);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    /// <summary>A Metadata request, version 1, for all topics, written out by hand so that no client's start is measured.</summary>
    private static void AskMetadata(int port)
    {
        const int CorrelationId = 7;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect("127.0.0.1", port);
        Span<byte> request = stackalloc byte[4 + 2 + 2 + 4 + 2 + 4];
        BinaryPrimitives.WriteInt32BigEndian(request, request.Length - 4);
        BinaryPrimitives.WriteInt16BigEndian(request[4..], MetadataKey);
        BinaryPrimitives.WriteInt16BigEndian(request[6..], 1);
        BinaryPrimitives.WriteInt32BigEndian(request[8..], CorrelationId);
        BinaryPrimitives.WriteInt16BigEndian(request[12..], -1); // no client id
        BinaryPrimitives.WriteInt32BigEndian(request[14..], -1); // all topics
        socket.Send(request);
        Span<byte> head = stackalloc byte[8];
        Receive(socket, head);
        var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head) - 4];
        Receive(socket, body);
        if (BinaryPrimitives.ReadInt32BigEndian(head[4..]) != CorrelationId || body.AsSpan().IndexOf("orders"u8) < 0)
        {
            throw new InvalidDataException("The broker's first answer is not the metadata of its topic.");
        }
    }

    private static void Receive(Socket socket, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = socket.Receive(buffer);
            buffer = count > 0 ? buffer[count..] : throw new EndOfStreamException("The broker closed the connection.");
        }
    }
}
