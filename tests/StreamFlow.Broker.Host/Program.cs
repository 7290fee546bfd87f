using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace StreamFlow.Broker.Host;

/// <summary>
/// The broker as a process of its own for tests and measurements: with the few options they use, and with the switch that ends it at
/// a fault point. Users start <c>streamflow broker</c>.
/// </summary>
internal static class Program
{
    /// <summary>Ends the process where a crash is to be tried, as <c>name</c> or <c>name:n</c>.</summary>
    private const string CrashVariable = "STREAMFLOW_BROKER_CRASH_AT";

    /// <summary>Makes it an error to take locks out of their order, if it is there.</summary>
    private const string LocksVariable = "STREAMFLOW_BROKER_CHECK_LOCKS";

    private static async Task<int> Main(string[] args)
    {
        AppContext.SetSwitch(OrderedLock.Switch, Environment.GetEnvironmentVariable(LocksVariable) is not null);
        try
        {
            await RunAsync(Parse(args));
            return 0;
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or SocketException
            or UnauthorizedAccessException or InvalidOperationException
            or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"error: {exception.Message}");
            return 1;
        }
    }

    private static async Task RunAsync(EmbeddedBrokerOptions options)
    {
        TaskCompletionSource stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration interrupt = StopOn(PosixSignal.SIGINT, stop);
        using PosixSignalRegistration terminate = StopOn(PosixSignal.SIGTERM, stop);
        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options);
        string place = options.DataDirectory is null ? "a temporary directory" : broker.DataDirectory;
        await Console.Out.WriteLineAsync($"Broker ready at {broker.BootstrapServers}, data in {place}");
        await stop.Task;
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
            LoggerFactory = new StandardErrorLogger(),
            Faults = Environment.GetEnvironmentVariable(CrashVariable) is { Length: > 0 } point
                ? FaultPoints.Parse(point, static () => Process.GetCurrentProcess().Kill())
                : FaultPoints.None,
        };
        for (int i = 0; i < args.Length; i++)
        {
            options = args[i] == "--no-auto-create"
                ? options with { AutoCreateTopics = false }
                : Apply(options, args[i], i + 1 < args.Length ? args[++i] : "(nothing)");
        }

        return options;
    }

    private static EmbeddedBrokerOptions Apply(EmbeddedBrokerOptions options, string name, string value) => name switch
    {
        "--data" => options with { DataDirectory = value },
        "--port" => options with { Port = Number(name, value) },
        "--advertised-port" => options with { AdvertisedPort = Number(name, value) },
        "--group-min-session-timeout" => options with { GroupMinSessionTimeout = TimeSpan.FromMilliseconds(Number(name, value)) },
        "--consumer-session-ms" => options with
        {
            ConsumerGroupTimes = (TimeSpan.FromMilliseconds(Number(name, value)), TimeSpan.FromMilliseconds(Number(name, value) / 10)),
        },
        "--max-bytes-in-flight" => options with { MaxBytesInFlight = Number(name, value) },
        "--maintenance-ms" => options with { MaintenanceInterval = TimeSpan.FromMilliseconds(Number(name, value)) },
        "--retention-check-ms" => options with { RetentionCheckInterval = TimeSpan.FromMilliseconds(Number(name, value)) },
        "--sasl-user" => options with
        {
            Listeners =
            [
                new BrokerListener
                {
                    Name = "SASL", Port = options.Port, Protocol = BrokerSecurityProtocol.SaslPlaintext, Sasl = new BrokerSasl { Mechanisms = ["PLAIN"] },
                },
            ],
            Users = [User(value.Split(':'))],
        },
        "--flush" => options with { FlushPolicy = Enum.Parse<BrokerFlushPolicy>(value) },
        "--topic" => options with { Topics = [.. options.Topics, Topic(value.Split(':'))] },
        _ => throw new ArgumentException($"The broker of the tests has no option {name}."),
    };

    private static BrokerTopic Topic(string[] parts) =>
        parts.Length == 1 ? new BrokerTopic(parts[0]) : new BrokerTopic(parts[0], Number("--topic", parts[1]));

    private static BrokerUser User(string[] parts) => new() { Name = parts[0], Password = () => parts[1] };

    private static int Number(string name, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new ArgumentException($"{name} {value} is not a whole number.");
}
