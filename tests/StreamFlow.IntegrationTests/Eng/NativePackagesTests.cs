using Confluent.Kafka;

namespace StreamFlow.IntegrationTests.Eng;

public sealed class NativePackagesTests
{
    [Fact]
    public void Librdkafka_is_the_version_that_the_clients_are_written_for() =>
        Assert.Equal("2.15.1", Library.VersionString);
}
