using System.Reflection;
using System.Runtime.InteropServices;

namespace StreamFlow.Kafka.Interop;

/// <summary>
/// Resolves librdkafka to the very file that Confluent.Kafka uses: both come from the package librdkafka.redist, and
/// two copies in one process would be two sets of threads and settings.
/// </summary>
internal static class RdKafkaLibrary
{
    /// <summary>2.15.0: the oldest version whose struct layouts and behaviour this binding was checked with.</summary>
    private const int OldestVersion = 0x020f0000;

    private static readonly Lock Gate = new();
    private static bool _prepared;
    private static bool _checked;

    /// <summary>Installs the resolver; called before the first native call.</summary>
    internal static void Prepare()
    {
        lock (Gate)
        {
            if (!_prepared)
            {
                NativeLibrary.SetDllImportResolver(typeof(RdKafkaLibrary).Assembly, Resolve);
                _prepared = true;
            }
        }
    }

    /// <summary>Loads the library unless it is loaded, and checks its version.</summary>
    /// <exception cref="DllNotFoundException">It is missing, with the remedy.</exception>
    /// <exception cref="NotSupportedException">It is too old.</exception>
    internal static void EnsureUsable()
    {
        if (_checked)
        {
            return;
        }

        int version;
        try
        {
            version = NativeMethods.rd_kafka_version();
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException(
                "librdkafka cannot be loaded. It comes with the package librdkafka.redist, as runtimes/<rid>/native/; "
                + "check that the application was published for this platform. " + e.Message,
                e);
        }

        if (version < OldestVersion)
        {
            throw new NotSupportedException(
                $"librdkafka {Text(version)} was loaded, but at least {Text(OldestVersion)} is needed. "
                + "Reference librdkafka.redist 2.15.1 and remove older copies from the application's folder.");
        }

        _checked = true;
    }

    private static string Text(int version) =>
        FormattableString.Invariant($"{version >> 24}.{(version >> 16) & 0xff}.{(version >> 8) & 0xff}");

    /// <summary>The resolver itself, for an assembly of tests that calls the same library.</summary>
    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != NativeMethods.Library)
        {
            return 0;
        }

        // The names and the order in which Confluent.Kafka tries the builds of librdkafka.redist.
        var confluent = typeof(Confluent.Kafka.Library).Assembly;
        string[] candidates = RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
            ? ["alpine-librdkafka", NativeMethods.Library]
            : [NativeMethods.Library, "centos8-librdkafka"];
        foreach (var candidate in candidates)
        {
            if (NativeLibrary.TryLoad(candidate, confluent, path, out var library))
            {
                return library;
            }
        }

        return 0;
    }
}
