using System.Runtime.CompilerServices;
using StreamFlow.Verification.Brokers;

namespace StreamFlow.Verification;

/// <summary>Where things lie around the sources of this program.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    public static string KafkaScript() =>
        ApacheKafkaProcess.FindScript(Root)
        ?? throw new HarnessException("There is no Apache Kafka: KAFKA_HOME names the folder with bin/kafka.");

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
