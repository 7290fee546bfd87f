namespace StreamFlow.IntegrationTests.Support;

internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("streamflow-state-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
