using System.Globalization;
using System.Runtime.InteropServices;

namespace StreamFlow.RocksDb.Interop;

/// <summary>Finds and loads the native library, once per process.</summary>
internal static class RocksDbLibrary
{
    /// <summary>Environment variable with the full path of the library to use before any other.</summary>
    internal const string PathVariable = "STREAMFLOW_ROCKSDB_LIBRARY";

    // Sonames carry the minor version, so that a system's library is found only by trying; the oldest usable is 7.8.
    private const int NewestMajor = 11;
    private const int OldestMajor = 7;
    private const int NewestMinor = 15;
    private const int OldestMinorOfOldestMajor = 8;

    private static readonly Lock Gate = new();
    private static nint _library;

    /// <summary>Loads the library unless it is loaded.</summary>
    /// <exception cref="DllNotFoundException">There is none; the message says what was tried and what to do.</exception>
    internal static void EnsureLoaded()
    {
        lock (Gate)
        {
            if (_library != 0)
            {
                return;
            }

            _library = Load(Environment.GetEnvironmentVariable(PathVariable), TryLoadForThisAssembly);
            NativeLibrary.SetDllImportResolver(
                typeof(NativeMethods).Assembly, (name, _, _) => name == NativeMethods.Library ? _library : 0);
        }
    }

    internal delegate bool TryLoad(string path, out nint library);

    internal static nint Load(string? chosen, TryLoad tryLoad)
    {
        if (!string.IsNullOrEmpty(chosen))
        {
            // Whoever names a file wants that file; falling back to another would hide the mistake.
            return tryLoad(chosen, out var named)
                ? named
                : throw new DllNotFoundException(
                    $"The environment variable {PathVariable} names '{chosen}', which cannot be loaded as a library. " +
                    "Correct or remove the variable.");
        }

        foreach (var candidate in Candidates())
        {
            if (tryLoad(candidate, out var library))
            {
                return library;
            }
        }

        throw NotFound();
    }

    /// <summary>Where the NuGet package's library may lie, then the system's library by its known names.</summary>
    internal static IEnumerable<string> Candidates()
    {
        // The bare name is looked up where the application's .deps.json says that packages have their native files.
        yield return NativeMethods.Library;
        var file = OperatingSystem.IsWindows() ? "rocksdb.dll"
            : OperatingSystem.IsMacOS() ? "librocksdb.dylib" : "librocksdb.so";
        yield return Path.Combine(
            AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", file);
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", PortableIdentifier(), "native", file);
        if (OperatingSystem.IsMacOS())
        {
            yield return "/opt/homebrew/lib/librocksdb.dylib";
            yield return "/usr/local/lib/librocksdb.dylib";
        }
        else if (!OperatingSystem.IsWindows())
        {
            foreach (var name in SystemNames())
            {
                yield return name;
            }
        }
    }

    private static bool TryLoadForThisAssembly(string path, out nint library) =>
        NativeLibrary.TryLoad(path, typeof(NativeMethods).Assembly, null, out library);

    private static IEnumerable<string> SystemNames()
    {
        for (var major = NewestMajor; major >= OldestMajor; major--)
        {
            var oldest = major == OldestMajor ? OldestMinorOfOldestMajor : 0;
            for (var minor = NewestMinor; minor >= oldest; minor--)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"librocksdb.so.{major}.{minor}");
            }
        }
    }

    private static string PortableIdentifier()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }

    private static DllNotFoundException NotFound() => new(
        "RocksDB's native library was not found. Tried: the library of the NuGet package RocksDB next to the " +
        $"application ({AppContext.BaseDirectory}), then the system's librocksdb.so.{NewestMajor}.x down to " +
        $"librocksdb.so.{OldestMajor}.{OldestMinorOfOldestMajor}. Do one of these: " +
        "(1) add the package to the application: dotnet add package RocksDB; " +
        "(2) install the system's: sudo apt-get install librocksdb7.8 (Debian 12; elsewhere rocksdb); " +
        $"(3) set {PathVariable} to the full path of a RocksDB 7.8 or newer shared library.");
}
