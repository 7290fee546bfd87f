namespace StreamFlow.Broker.Tests.Support;

public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("streamflow-broker-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
