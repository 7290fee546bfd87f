using System.Runtime.InteropServices;

namespace StreamFlow.RocksDb.Interop;

/// <summary>Loads the native library, once per process: that of the NuGet package RocksDB, or one that the user built.</summary>
internal static class RocksDbLibrary
{
    /// <summary>Environment variable with the full path of a library to use instead of the package's.</summary>
    internal const string PathVariable = "STREAMFLOW_ROCKSDB_LIBRARY";

    // The package lays both out side by side for Linux; each loads in processes of its own C library only.
    private const string ForMusl = "rocksdb-musl";

    private static readonly Lock Gate = new();
    private static nint _library;

    internal delegate bool TryLoad(string name, out nint library);

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

            _library = Load(Environment.GetEnvironmentVariable(PathVariable), IsMusl(), TryLoadForThisAssembly);
            NativeLibrary.SetDllImportResolver(
                typeof(NativeMethods).Assembly, (name, _, _) => name == NativeMethods.Library ? _library : 0);
        }
    }

    internal static nint Load(string? chosen, bool isMusl, TryLoad tryLoad)
    {
        nint library;
        if (!string.IsNullOrEmpty(chosen))
        {
            // Whoever names a file wants that file; falling back to another would hide the mistake.
            return tryLoad(chosen, out library)
                ? library
                : throw new DllNotFoundException(
                    $"The environment variable {PathVariable} names '{chosen}', which cannot be loaded as a library. " +
                    "Correct or remove the variable.");
        }

        // The name is looked up where the application's .deps.json says that packages have their native files.
        var name = isMusl ? ForMusl : NativeMethods.Library;
        return tryLoad(name, out library) ? library : throw NotFound(name);
    }

    private static bool TryLoadForThisAssembly(string name, out nint library) =>
        NativeLibrary.TryLoad(name, typeof(NativeMethods).Assembly, null, out library);

    /// <summary>
    /// Whether this process runs on musl: asked of the C library that the process has, since the runtime identifier is
    /// "alpine…" or "linux-musl…" by whoever built the runtime.
    /// </summary>
    private static bool IsMusl() =>
        OperatingSystem.IsLinux()
        && !NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "gnu_get_libc_version", out _);

    private static DllNotFoundException NotFound(string name) => new(
        $"RocksDB's native library '{name}' cannot be loaded on {RuntimeInformation.RuntimeIdentifier}. The NuGet package " +
        "RocksDB, which comes with StreamFlow.RocksDb, has it for linux-x64 and linux-arm64 (glibc 2.34 or newer, and " +
        "musl), osx-x64, osx-arm64 and win-x64. Do one of these: " +
        $"(1) deploy the application with all files of its build or publish folder ({AppContext.BaseDirectory} lacks it " +
        "when only its assemblies were copied); " +
        $"(2) elsewhere, build RocksDB 11.12 as a shared library and set {PathVariable} to its full path.");
}
