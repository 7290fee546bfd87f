using System.Collections.Concurrent;
using System.Text.Json;

namespace StreamFlow.Runtime;

/// <summary>
/// The application's folder of local state: <c>state-dir/application-id/</c> with a lock file that keeps a second
/// process out, the identity of this instance, and per task one folder and, beside it, a file that says what is in it.
/// </summary>
internal sealed class StateDirectory : IDisposable
{
    private const string LockName = ".lock";
    private const string IdentityName = "streamflow-process-metadata";
    private const string LabelsSuffix = ".stores.json";

    // The lock is the operating system's, which does not say whose it is.
    private static readonly ConcurrentDictionary<string, StateDirectory> _held = new();
    private readonly FileStream _lock;
    private readonly HashSet<TaskId> _taken = [];
    private readonly Lock _gate = new();

    private StateDirectory(string path, FileStream lockFile, Guid processId)
    {
        Path = path;
        _lock = lockFile;
        ProcessId = processId;
        _held[path] = this;
    }

    /// <summary>
    /// Where state is kept that nobody has chosen a place for: in the temporary folder, which users of one machine may share, so
    /// each has a folder there.
    /// </summary>
    public static string DefaultPath { get; } = DefaultPathOf(System.IO.Path.GetTempPath(), Environment.UserName);

    public string Path { get; }

    /// <summary>Identity of this instance, kept across restarts on the same folder.</summary>
    public Guid ProcessId { get; }

    /// <summary>Opens or creates the folder and takes its lock.</summary>
    /// <exception cref="StateStoreException">Another process has it, or it cannot be written.</exception>
    public static StateDirectory Open(string stateDirectory, string applicationId)
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetFullPath(stateDirectory), applicationId);
        FileStream? lockFile = null;
        try
        {
            Directory.CreateDirectory(path);
            lockFile = TakeLock(path);
            return new StateDirectory(path, lockFile, ReadIdentity(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            lockFile?.Dispose();
            throw new StateStoreException(
                $"The state directory '{path}' cannot be used: {Sentences.End(exception.Message)} "
                + "Give the application a folder it may write to (StateDirectory).",
                exception)
            {
                IsTransient = IsFull(exception),
            };
        }
    }

    /// <summary>The folder of a task.</summary>
    public string PathOf(TaskId taskId) => System.IO.Path.Combine(Path, taskId.ToString());

    /// <summary>Claims the folder of a task for one thread.</summary>
    /// <returns>Null while another thread of this process still holds it.</returns>
    /// <exception cref="StateStoreException">The folder cannot be made; it is not claimed then.</exception>
    public string? TryTake(TaskId taskId)
    {
        lock (_gate)
        {
            if (!_taken.Add(taskId))
            {
                return null;
            }
        }

        try
        {
            return Make(taskId);
        }
        catch
        {
            Release(taskId);
            throw;
        }
    }

    public void Release(TaskId taskId)
    {
        lock (_gate)
        {
            _taken.Remove(taskId);
        }
    }

    /// <summary>
    /// Removes the data of a task whose state is unusable; the caller holds the task. What they are goes last: if a crash cuts
    /// it short, what is left must not pass for data that nobody has described yet.
    /// </summary>
    public void Wipe(TaskId taskId)
    {
        var path = PathOf(taskId);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        File.Delete(path + LabelsSuffix);
        Make(taskId);
    }

    /// <summary>What the stores in a task's folder are; empty for a folder of an earlier version, or one without data.</summary>
    public IReadOnlyDictionary<string, StoreLabel> LabelsOf(TaskId taskId) => ReadLabels(PathOf(taskId) + LabelsSuffix);

    /// <summary>The tasks of whose stores it is written down what they are.</summary>
    public IReadOnlyList<TaskId> LabelledTasks() =>
        [.. from file in Directory.EnumerateFiles(Path, "*" + LabelsSuffix)
            let name = System.IO.Path.GetFileName(file)[..^LabelsSuffix.Length]
            let task = TaskId.TryParse(name, out var id) ? id : (TaskId?)null
            where task is not null
            orderby task
            select task.Value];

    /// <summary>Writes down what the stores in a task's folder are, before anything is put there.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void SetLabels(TaskId taskId, IReadOnlyDictionary<string, StoreLabel> labels)
    {
        var file = PathOf(taskId) + LabelsSuffix;
        var draft = file + ".new";
        using (var stream = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(StoreLabels.Write(labels, withMembers: true));
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, file, overwrite: true);
    }

    public void Dispose()
    {
        _held.TryRemove(new KeyValuePair<string, StateDirectory>(Path, this));
        _lock.Dispose();
    }

    /// <param name="temporary">The temporary folder.</param>
    /// <param name="user">The user's name; containers may have none.</param>
    internal static string DefaultPathOf(string temporary, string user)
    {
        var name = string.Concat(user.Where(StreamFlowOptions.IsNameCharacter));
        return System.IO.Path.Combine(temporary, name.Length == 0 ? "streamflow" : $"streamflow-{name}");
    }

    /// <summary>A description that cannot be read, for a crash of the machine, is none: the data count as they did before there were any.</summary>
    private static IReadOnlyDictionary<string, StoreLabel> ReadLabels(string file)
    {
        try
        {
            return StoreLabels.Read(File.ReadAllBytes(file));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return StoreLabels.None;
        }
    }

    /// <exception cref="StateStoreException">Somebody has the lock. What else may be wrong with the file is not that.</exception>
    private static FileStream TakeLock(string path)
    {
        var file = System.IO.Path.Combine(path, LockName);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            throw new StateStoreException(
                _held.ContainsKey(path)
                    ? $"The state directory '{path}' is in use by another application of this very process, which has the same "
                        + "ApplicationId and StateDirectory. Stop that one first, or give this one another StateDirectory or ApplicationId."
                    : $"The state directory '{path}' is in use by another process. "
                        + "Stop that process, or give this one another StateDirectory.",
                exception);
        }
    }

    /// <summary>Whether the lock is what is in the way: EWOULDBLOCK on Linux and macOS, a sharing or lock violation on Windows.</summary>
    private static bool IsHeld(IOException exception) =>
        exception.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021);

    /// <summary>
    /// One that cannot be read, for a crash or a full disk, costs the group's memory of this instance but no state.
    /// </summary>
    private static Guid ReadIdentity(string path)
    {
        var file = System.IO.Path.Combine(path, IdentityName);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            if (document.RootElement.TryGetProperty("processId", out var id) && id.TryGetGuid(out var known))
            {
                return known;
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or JsonException)
        {
            // Made below.
        }

        var fresh = Guid.NewGuid();
        var draft = file + ".new";
        File.WriteAllText(draft, $$"""{"processId":"{{fresh}}"}""");
        File.Move(draft, file, overwrite: true);
        return fresh;
    }

    /// <summary>No space, or no more of the quota: ENOSPC and EDQUOT, ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.</summary>
    private static bool IsFull(Exception exception) =>
        exception is IOException
        && exception.HResult is 28 or 122 or unchecked((int)0x80070027) or unchecked((int)0x80070070);

    private string Make(TaskId taskId)
    {
        var path = PathOf(taskId);
        try
        {
            Directory.CreateDirectory(path);
            return path;
        }
        catch (IOException exception)
        {
            throw new StateStoreException(
                $"The folder '{path}' of task {taskId} cannot be made: {Sentences.End(exception.Message)} Free space there or give the "
                + "application another StateDirectory.",
                exception)
            {
                IsTransient = true,
            };
        }
    }
}
