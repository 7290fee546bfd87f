using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace StreamFlow.Broker.Storage.Interop;

/// <summary>
/// Makes the bytes of a file durable, and of what else is known of it only what is needed to read them again: its size, but
/// not its times, whose change costs a file system a second write. On Linux that is <c>fdatasync</c>; elsewhere there is no
/// such call, or, on macOS, none that reaches the disk, and the whole is flushed as .NET does.
/// </summary>
internal static partial class DataFlush
{
    private const int Interrupted = 4;
    private const int Invalid = 22;
    private const int ReadOnlyFileSystem = 30;
    private const int NoSuchCall = 38;
    private const int NotSupported = 95;

    /// <exception cref="IOException">The disk could not take everything. What it has is unknown, and asking again does not tell.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        while (FDataSync(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Interrupted:
                    continue;
                case Invalid or ReadOnlyFileSystem or NoSuchCall or NotSupported:
                    // Nothing was tried: this kind of file, or this kernel, has no such call. Let .NET say what that means.
                    RandomAccess.FlushToDisk(file);
                    return;
                default:
                    throw new IOException(
                        $"fdatasync of '{path}' failed: {Marshal.GetPInvokeErrorMessage(error)}", error);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FDataSync(SafeFileHandle file);
}
