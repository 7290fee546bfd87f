namespace StreamFlow.RocksDb.Tests.Support;

/// <summary>A folder that goes when the test ends.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("streamflow-rocksdb-").FullName;

    public string Database => System.IO.Path.Combine(Path, "rocksdb");

    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>Copies what is on disk now, as a power failure would leave it.</summary>
    public TempFolder Copy()
    {
        var copy = new TempFolder();
        Directory.CreateDirectory(copy.Database);
        foreach (var file in Directory.GetFiles(Database))
        {
            File.Copy(file, System.IO.Path.Combine(copy.Database, System.IO.Path.GetFileName(file)));
        }

        return copy;
    }
}
