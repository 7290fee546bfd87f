using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace StreamFlow.Broker.Storage.Interop;

/// <summary>
/// Makes a file durable. On Linux by its own calls: .NET's takes a flush that fails with EROFS for done, and that is what ext4
/// answers when it has given up after an error and lost what was to be written.
/// </summary>
internal static partial class FileFlush
{
    private const int Interrupted = 4;
    private const int Invalid = 22;
    private const int NoSuchCall = 38;
    private const int NotSupported = 95;

    /// <summary>
    /// The bytes, and of what else is known of the file only what is needed to read them again: its size, but not its times,
    /// whose change costs a file system a second write. Where there is no such call (or, on macOS, none that reaches the disk),
    /// everything is flushed.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Where it is, for the message.</param>
    /// <exception cref="IOException">The disk could not take everything. What it has is unknown, and asking again does not tell.</exception>
    public static void Data(SafeFileHandle file, string path) => Flush(FDataSync, "fdatasync", file, path);

    /// <summary>Everything that is known of the file.</summary>
    /// <inheritdoc cref="Data"/>
    public static void All(SafeFileHandle file, string path) => Flush(FSync, "fsync", file, path);

    private static void Flush(Func<SafeFileHandle, int> call, string name, SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        while (call(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Interrupted:
                    continue;
                case Invalid or NoSuchCall or NotSupported:
                    // Nothing was tried: this kind of file, or this kernel, has no such call. Let .NET say what that means.
                    RandomAccess.FlushToDisk(file);
                    return;
                default:
                    throw new IOException($"{name} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(SafeFileHandle file);
}
