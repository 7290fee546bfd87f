using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

// Console is banned in libraries; this file is the executable's entry point and its only voice.
#pragma warning disable RS0030

namespace StreamFlow.Broker;

internal static class Program
{
    private const int DefaultPort = 9092;

    /// <summary>Ends the process where a crash is to be tried, as <c>name</c> or <c>name:n</c>; not for users.</summary>
    private const string CrashVariable = "STREAMFLOW_BROKER_CRASH_AT";

    private const string Usage = """
        Runs a Kafka-compatible broker in this process.

        Usage: StreamFlow.Broker [options]

          --data <directory>         keep topics and groups here (default: a temporary directory, deleted at the end)
          --port <number>            listen on this TCP port; 0 takes a free one (default 9092)
          --host <address>           listen on this address (default 127.0.0.1; 0.0.0.0 with --advertised-host for all)
          --advertised-host <name>   tell clients to connect to this host name
          --advertised-port <number> tell clients to connect to this port
          --allow-unsecured-network  listen on other addresses than 127.0.0.1 though anybody may then do everything
          --partitions <number>      partitions of topics created without a number (default 1)
          --topic <name>[:<number>]  create this topic at start, with that many partitions; may be repeated
          --flush <policy>           os: acknowledge once the operating system has the data (default);
                                     interval: as os, with an fsync every 100 ms; fsync: acknowledge after an fsync
          --group-min-session-timeout <ms>
                                     the shortest session timeout a group member may ask for (default 6000)
          --no-auto-create           do not create topics because a client asks for them
          --help                     show this text
        """;

    private static async Task<int> Main(string[] args)
    {
        if (args.Contains("--help", StringComparer.Ordinal))
        {
            Console.Out.WriteLine(Usage);
            return 0;
        }

        try
        {
            await RunAsync(Parse(args)).ConfigureAwait(false);
            return 0;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or SocketException
            or UnauthorizedAccessException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"error: {Text(exception)}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>.NET adds the name of a parameter, which nobody has written on a command line.</summary>
    private static string Text(Exception exception) => exception is ArgumentException { ParamName: { } name }
        ? exception.Message.Replace($" (Parameter '{name}')", string.Empty, StringComparison.Ordinal)
        : exception.Message;

    private static async Task RunAsync(EmbeddedBrokerOptions options)
    {
        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM, stop);
        EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options).ConfigureAwait(false);
        await using (broker.ConfigureAwait(false))
        {
            string place = options.DataDirectory is null ? "a temporary directory" : broker.DataDirectory;
            await Console.Out.WriteLineAsync($"Broker ready at {broker.BootstrapServers}, data in {place}")
                .ConfigureAwait(false);
            await stop.Task.ConfigureAwait(false);
        }
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, TaskCompletionSource stop) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop.TrySetResult();
        });

    private static EmbeddedBrokerOptions Parse(string[] args)
    {
        EmbeddedBrokerOptions options = new()
        {
            Port = DefaultPort,
            Log = Console.Error.WriteLine,
            Faults = Environment.GetEnvironmentVariable(CrashVariable) is { Length: > 0 } point
                ? FaultPoints.Parse(point, static () => Process.GetCurrentProcess().Kill())
                : FaultPoints.None,
        };
        List<BrokerTopic> topics = [];
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            if (name == "--no-auto-create")
            {
                options = options with { AutoCreateTopics = false };
                continue;
            }

            if (name == "--allow-unsecured-network")
            {
                options = options with { AllowUnsecuredNetwork = true };
                continue;
            }

            string value = i + 1 < args.Length
                ? args[++i]
                : throw new ArgumentException($"The option {name} is unknown or lacks its value; see --help.");
            if (name == "--topic")
            {
                topics.Add(ParseTopic(value));
                continue;
            }

            options = Apply(options, name, value);
        }

        return options with { Topics = topics };
    }

    private static EmbeddedBrokerOptions Apply(EmbeddedBrokerOptions options, string name, string value) => name switch
    {
        "--data" => options with { DataDirectory = value },
        "--port" => options with { Port = Number(name, value) },
        "--host" => options with { Host = value },
        "--advertised-host" => options with { AdvertisedHost = value },
        "--advertised-port" => options with { AdvertisedPort = Number(name, value) },
        "--partitions" => options with { DefaultPartitions = Number(name, value) },
        "--group-min-session-timeout" => options with { GroupMinSessionTimeout = TimeSpan.FromMilliseconds(Number(name, value)) },
        "--flush" => options with { FlushPolicy = ParseFlush(value) },
        _ => throw new ArgumentException($"The option {name} is unknown; see --help."),
    };

    private static BrokerFlushPolicy ParseFlush(string value) => value switch
    {
        "os" => BrokerFlushPolicy.OperatingSystem,
        "interval" => BrokerFlushPolicy.Interval,
        "fsync" => BrokerFlushPolicy.EveryAppend,
        _ => throw new ArgumentException($"--flush {value} is unknown; use os, interval or fsync."),
    };

    private static BrokerTopic ParseTopic(string value)
    {
        string[] parts = value.Split(':');
        return parts.Length switch
        {
            1 => new BrokerTopic(parts[0]),
            2 => new BrokerTopic(parts[0], Number("--topic", parts[1])),
            _ => throw new ArgumentException($"--topic {value} is not of the form name or name:partitions."),
        };
    }

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new ArgumentException($"{name} {value} is not a whole number.");
}
