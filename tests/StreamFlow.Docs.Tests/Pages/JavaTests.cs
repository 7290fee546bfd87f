using System.Diagnostics;
using System.Globalization;
using System.Text;
using StreamFlow.TestSupport;

namespace StreamFlow.Docs.Tests.Pages;

/// <summary>What pages show of Kafka Streams is compiled against it, where its jars and a Java compiler are.</summary>
public sealed class JavaTests
{
    private const string Before = """
        import java.time.*;
        import java.util.*;
        import org.apache.kafka.clients.consumer.*;
        import org.apache.kafka.clients.producer.*;
        import org.apache.kafka.common.serialization.*;
        import org.apache.kafka.streams.*;
        import org.apache.kafka.streams.errors.*;
        import org.apache.kafka.streams.kstream.*;
        import org.apache.kafka.streams.processor.api.*;
        import org.apache.kafka.streams.processor.api.Record;
        import org.apache.kafka.streams.state.*;
        import org.apache.kafka.streams.test.*;

        class Snippets {
        record Order(String category, String status) {}
        static Serde<Order> orderSerde;
        static Properties config = new Properties();
        static StreamsBuilder builder;
        static KafkaStreams streams;
        static Instant from, to;
        static void assertEquals(Object expected, Object found) {}

        """;

    [SkippableFact]
    public void Snippets_of_Java_compile_against_Kafka_Streams()
    {
        Skip.If(ApacheKafkaBroker.WhyUnavailable() is not null, ApacheKafkaBroker.WhyUnavailable());
        Skip.IfNot(Exists("javac"), "there is no Java compiler: put javac on the PATH or set JAVA_HOME");
        var snippets = Page.All.SelectMany(page => page.Snippets).Where(s => s.Language == "java").ToList();
        var source = new StringBuilder(Before);
        foreach (var (number, snippet) in snippets.Index())
        {
            // A class stands beside the methods, and each other snippet is one, its place in front for the compiler's errors.
            source.Append(CultureInfo.InvariantCulture, $"// {snippet.Place}\n");
            source.Append(snippet.Text.StartsWith("class ", StringComparison.Ordinal) ? $"static {snippet.Text}\n" : $"static void snippet{number}() {{\n{snippet.Text}\n}}\n");
        }

        var folder = Directory.CreateTempSubdirectory("streamflow-java-").FullName;
        try
        {
            var file = Path.Combine(folder, "Snippets.java");
            File.WriteAllText(file, source.Append("}\n").ToString());
            var (exitCode, output) = Run(Compiler(), "-nowarn", "-d", folder, "-cp", Run(ApacheKafkaBroker.Script(), "classpath").Output.Trim(), file);

            Assert.True(snippets.Count >= 7, $"Only {snippets.Count} snippets were found.");
            Assert.True(exitCode == 0, $"{output}\n{source}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Compiler() => Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } home ? Path.Combine(home, "bin", "javac") : "javac";

    private static bool Exists(string command) => File.Exists(Compiler())
        || (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, command)));

    private static (int ExitCode, string Output) Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
