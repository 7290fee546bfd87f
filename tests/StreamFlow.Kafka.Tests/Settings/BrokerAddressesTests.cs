namespace StreamFlow.Kafka.Tests.Settings;

/// <summary>Addresses that nobody can ever be reached at are refused before anybody tries, with what to write instead.</summary>
public sealed class BrokerAddressesTests
{
    [Theory]
    [InlineData("http://localhost:9092", "'http://localhost:9092', which is a URL, and Kafka's protocol is not 'http'. Write 'localhost:9092'.")]
    [InlineData("https://broker:9093/", "'https://broker:9093/', which is a URL, and Kafka's protocol is not 'https'. Write 'broker:9093'.")]
    [InlineData("good:9092, kafka://other", "'kafka://other', which is a URL, and Kafka's protocol is not 'kafka'. Write 'other'.")]
    [InlineData("localhost:9092/topic", "'localhost:9092/topic', which is more than an address. Write 'localhost:9092'.")]
    [InlineData("a:9092;b:9092", "'a:9092;b:9092', which is no address. Separate several by commas.")]
    [InlineData("a:9092 b:9092", "'a:9092 b:9092', which is no address. Separate several by commas.")]
    [InlineData("a:port", "'a:port', which is without a port: 'port' is no number from 1 to 65535. Write 'host:port'.")]
    [InlineData("a:0", "'a:0', which is without a port: '0' is no number from 1 to 65535. Write 'host:port'.")]
    [InlineData("a:70000", "'a:70000', which is without a port: '70000' is no number from 1 to 65535. Write 'host:port'.")]
    [InlineData("a:", "'a:', which is without a port: '' is no number from 1 to 65535. Write 'host:port'.")]
    [InlineData(":9092", "':9092', which is without a host. Write 'host:port'.")]
    [InlineData("::1:9092", "'::1:9092', which is an IPv6 address without brackets. Write '[address]:port'.")]
    public void What_is_no_address_is_named_with_the_remedy(string servers, string complaint) =>
        Assert.Equal(["BootstrapServers has " + complaint], new KafkaClientOptions { BootstrapServers = servers }.Validate());

    [Theory]
    [InlineData("https://me:geheim@b:9092")]
    [InlineData("me:geheim@b:9092")]
    public void A_password_in_an_address_is_refused_and_not_shown(string servers)
    {
        var complaint = Assert.Single(new KafkaClientOptions { BootstrapServers = servers }.Validate());

        Assert.Contains("'sasl.password'", complaint, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:9092")]
    [InlineData("localhost")]
    [InlineData("broker-1.example.org:9093,broker_2:9093 , 10.0.0.3:1,")]
    [InlineData("[::1]:9092,[::1]")]
    [InlineData("PLAINTEXT://localhost:9092,SASL_SSL://b:1")]
    public void Addresses_that_the_client_understands_pass(string servers) =>
        Assert.Empty(new KafkaClientOptions { BootstrapServers = servers }.Validate());
}
