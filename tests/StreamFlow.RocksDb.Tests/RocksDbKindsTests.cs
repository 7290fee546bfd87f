using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using StreamFlow.Tests.State;

namespace StreamFlow.RocksDb.Tests;

/// <summary>The other kinds of stores over RocksDB, closed and opened again from the disk.</summary>
public sealed class RocksDbKindsTests : StoreKindsContract, IDisposable
{
    private readonly List<TempFolder> _folders = [];

    internal override Func<bool, IStoreBackend> Disk => empty =>
    {
        if (empty)
        {
            _folders.Add(new TempFolder());
        }

        return Backends.Open(_folders[^1].Path, "s");
    };

    /// <summary>Fewer than in memory: each opening of a database takes a while.</summary>
    internal override int Steps => 200;

    public void Dispose() => _folders.ForEach(folder => folder.Dispose());
}
