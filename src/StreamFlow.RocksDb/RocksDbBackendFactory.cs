using System.Diagnostics.CodeAnalysis;
using StreamFlow.RocksDb;
using StreamFlow.RocksDb.Interop;

namespace StreamFlow.State;

/// <summary>
/// Keeps state stores on disk, in RocksDB: one database per task, in the folder <c>rocksdb</c> of the task's state
/// directory. Use one per process, so that all tasks, and all applications, share its block cache and write buffers.
/// </summary>
/// <remarks>
/// RocksDB's native library is that of the NuGet package <c>RocksDB</c>, which comes with this one, or the file that the
/// environment variable <c>STREAMFLOW_ROCKSDB_LIBRARY</c> names.
/// </remarks>
/// <example>
/// <code>
/// var services = new StreamsServices { StoreBackend = new RocksDbBackendFactory() };
/// await using var application = new StreamsApplication(topology, options, clients, services);
/// </code>
/// </example>
public sealed class RocksDbBackendFactory : IStoreBackendFactory
{
    private readonly SharedSettings _settings;

    /// <summary>Loads RocksDB and reserves what the stores share.</summary>
    /// <param name="options">Settings; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">Settings are out of range; or else RocksDB refuses some. The message lists all of that kind.</exception>
    /// <exception cref="DllNotFoundException">There is no native library; the message says how to get one.</exception>
    public RocksDbBackendFactory(RocksDbOptions? options = null)
    {
        options ??= new RocksDbOptions();
        RocksDbOptions.Throw(options.Validate());
        RocksDbLibrary.EnsureLoaded();
        _settings = SharedSettings.Create(options);
    }

    /// <summary>Bytes written to stores but not yet to disk.</summary>
    internal long WriteBufferBytes => _settings.WriteBufferBytes;

    /// <inheritdoc/>
    /// <remarks>The engine calls it.</remarks>
    /// <exception cref="TaskCorruptedException">The files are damaged: delete them and restore.</exception>
    [Experimental("SF0001")]
    public IStoreBackend Open(TaskId taskId, string directory, IReadOnlyList<string> storeNames)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(storeNames);
        var twice = storeNames.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(names => names.Count() > 1);
        if (twice is not null)
        {
            throw new ArgumentException(
                $"Task {taskId} has two stores named '{twice.Key}'; store names are unique.", nameof(storeNames));
        }

        var path = Path.Combine(directory, "rocksdb");
        return RocksDbBackend.Open(path, storeNames, _settings, new RocksDbErrors(taskId, path));
    }
}
