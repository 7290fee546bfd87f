using StreamFlow.Runtime;
using StreamFlow.State;

namespace StreamFlow.Testing.Driver;

/// <summary>
/// The folder of persistent stores, which outlives the lives of an application and goes with the driver. Where no backend is
/// given there is none, and all stores are in memory.
/// </summary>
internal sealed class DriverFolder(IStoreBackendFactory? backend, string applicationId) : IDisposable
{
    /// <summary>What keeps the identity of the instance: not state, and not lost with it.</summary>
    private const string IdentityName = "streamflow-process-metadata";

    // Both are locks on their own file. Of RocksDB's, closing another handle in this process would give the lock up.
    private static readonly string[] Locks = [".lock", "LOCK"];

    private const int MaxCopies = 100;
    private readonly string? _path = backend is null ? null : Directory.CreateTempSubdirectory("streamflow-driver-").FullName;
    private StateDirectory? _open;

    /// <summary>Opens it for a life of the application; null without a backend.</summary>
    public StateDirectory? Open() => _path is null ? null : _open = StateDirectory.Open(_path, applicationId);

    /// <summary>Closes it: the life is over.</summary>
    public void Close()
    {
        _open?.Dispose();
        _open = null;
    }

    /// <summary>
    /// Remembers the files as they are while the stores are open: what a process leaves that is killed now. Closing the
    /// stores would write down what they still hold in memory.
    /// </summary>
    /// <returns>Where the copy is, for <see cref="TakeBack"/>; null without a folder.</returns>
    public string? Copy()
    {
        if (_open is not { } open)
        {
            return null;
        }

        // A store may write files in the background: a copy made meanwhile is of no moment at all.
        for (var copies = 0; copies < MaxCopies; copies++)
        {
            var before = Files(open.Path);
            if (TryCopy(open.Path, _path + ".copy", before.Keys) && before.SequenceEqual(Files(open.Path)))
            {
                return _path + ".copy";
            }

            Directory.Delete(_path + ".copy", recursive: true);
        }

        throw new StateStoreException($"The files below '{open.Path}' changed {MaxCopies} times while they were copied.");
    }

    /// <summary>Puts a copy in the place of what the stores left when they were closed.</summary>
    public void TakeBack(string? copy)
    {
        if (copy is not null)
        {
            var path = Path.Combine(_path!, applicationId);
            Directory.Delete(path, recursive: true);
            Directory.Move(copy, path);
        }
    }

    /// <summary>Loses all state; the instance stays who it is.</summary>
    public void Empty()
    {
        var path = _path is null ? null : Path.Combine(_path, applicationId);
        if (path is null || !Directory.Exists(path))
        {
            return;
        }

        foreach (var folder in Directory.GetDirectories(path))
        {
            Directory.Delete(folder, recursive: true);
        }

        foreach (var file in Directory.GetFiles(path).Where(file => Path.GetFileName(file) != IdentityName))
        {
            File.Delete(file);
        }
    }

    public void Dispose()
    {
        Close();
        if (_path is not null)
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    private static SortedDictionary<string, long> Files(string path) => new(
        Directory.GetFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => !Locks.Contains(Path.GetFileName(file)))
            .ToDictionary(file => Path.GetRelativePath(path, file), file => new FileInfo(file).Length),
        StringComparer.Ordinal);

    private static bool TryCopy(string from, string to, IEnumerable<string> files)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        }

        try
        {
            foreach (var file in files)
            {
                File.Copy(Path.Combine(from, file), Path.Combine(to, file));
            }

            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
