using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using StreamFlow.TestSupport;

namespace StreamFlow.Testing.Tests.Differential;

/// <summary>Kafka Streams' own test driver, in a Java process that takes programs until it is disposed of.</summary>
internal sealed class KafkaStreamsPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("streamflow-peer-").FullName;
    private readonly Process _process;

    private KafkaStreamsPeer()
    {
        var libraries = Path.Combine(Path.GetDirectoryName(ApacheKafkaBroker.Script())!, "..", "libs", "*");
        using (var compiler = Start(Compiler(), ["-nowarn", "-d", _folder, "-cp", libraries, Source()]))
        {
            compiler.StandardInput.Close();
            var errors = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, errors);
        }

        _process = Start(ApacheKafkaBroker.Script(), ["java", "RandomPrograms", Path.Combine(_folder, "state")]);
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginErrorReadLine();
    }

    /// <summary>Starts it; skips the test where there is no Apache Kafka or no Java compiler.</summary>
    public static KafkaStreamsPeer Require()
    {
        Skip.If(ApacheKafkaBroker.WhyUnavailable() is not null, ApacheKafkaBroker.WhyUnavailable());
        try
        {
            using var probe = Process.Start(StartInfo(Compiler(), ["-version"]))!;
            probe.WaitForExit();
        }
        catch (Win32Exception)
        {
            Skip.If(true, "there is no Java compiler: put javac on the PATH or set JAVA_HOME");
        }

        return new KafkaStreamsPeer();
    }

    /// <summary>Runs a program: a line for each input, or one that begins with ERROR.</summary>
    public IReadOnlyList<string> Run(RandomProgram program)
    {
        _process.StandardInput.Write(program.Text());
        _process.StandardInput.Flush();
        var lines = new List<string>();
        for (; ; )
        {
            var read = _process.StandardOutput.ReadLineAsync();
            if (!read.Wait(Patience) || read.Result is not { } line)
            {
                throw new InvalidOperationException($"Kafka Streams did not answer to the program of seed {program.Seed}.");
            }

            if (line == "DONE")
            {
                return lines;
            }

            lines.Add(line);
        }
    }

    public void Dispose()
    {
        // It ends with its input.
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Compiler() =>
        Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } home ? Path.Combine(home, "bin", "javac") : "javac";

    private Process Start(string file, string[] arguments)
    {
        var start = StartInfo(file, arguments);
        start.Environment["CLASSPATH"] = _folder;
        start.Environment["KAFKA_LOG_LEVEL"] = "OFF";
        start.Environment["KAFKA_JVM_OPTS"] = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1";
        return Process.Start(start)!;
    }

    private static ProcessStartInfo StartInfo(string file, string[] arguments) => new(file, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static string Source([CallerFilePath] string path = "") =>
        Path.Combine(Path.GetDirectoryName(path)!, "RandomPrograms.java");
}
