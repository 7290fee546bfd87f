namespace StreamFlow.Broker.Testing;

/// <summary>Where the data of a test broker are, and beside them what a crash leaves.</summary>
internal sealed class TestBrokerFolder : IDisposable
{
    private readonly string? _own;

    public TestBrokerFolder(string? given)
    {
        _own = given is null ? Directory.CreateTempSubdirectory("streamflow-test-broker-").FullName : null;
        Data = _own is null ? Path.GetFullPath(given!) : Path.Combine(_own, "data");
        Remains = Data + ".remains";
    }

    public string Data { get; }

    /// <summary>Is there only while a crash is being recovered from.</summary>
    public string Remains { get; }

    /// <summary>From here on the data are what the crash has left.</summary>
    public void Replace()
    {
        Directory.Delete(Data, recursive: true);
        Directory.Move(Remains, Data);
    }

    public void Dispose()
    {
        Delete(Remains);
        if (_own is not null)
        {
            Delete(_own);
        }
    }

    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // There is none unless a crash was cut short.
        }
    }
}
