using Microsoft.Extensions.Options;
using StreamFlow.Hosting.Tests.Support;

namespace StreamFlow.Hosting.Tests;

/// <summary>What stands below <c>StreamFlow</c> and is nobody's.</summary>
public sealed class ApplicationSectionsTests
{
    [Theory]
    [InlineData("ordres:Streams:NumStreamThreads", "2", "'StreamFlow:ordres' is no application of this host. Did you mean 'StreamFlow:orders'?")]
    [InlineData("order_s:BootstrapServers", "b:1", "'StreamFlow:order_s' is no application of this host. Did you mean 'StreamFlow:orders'?")]
    [InlineData(
        "BootstrapServers", "broker:9092", "'StreamFlow:BootstrapServers' is a setting of an application, but in none's section. "
            + "Write 'StreamFlow:orders:BootstrapServers' or 'StreamFlow:billing:BootstrapServers'.")]
    [InlineData(
        "streams:CommitInterval", "00:00:05", "'StreamFlow:streams' is a setting of an application, but in none's section. "
            + "Write 'StreamFlow:orders:Streams' or 'StreamFlow:billing:Streams'.")]
    [InlineData(
        "CommitInterval", "00:00:05", "'StreamFlow:CommitInterval' is a setting of an application, but in none's section. "
            + "Write 'StreamFlow:orders:Streams:CommitInterval' or 'StreamFlow:billing:Streams:CommitInterval'.")]
    public async Task A_section_or_setting_that_nobody_reads_ends_the_start_and_is_told_once(string key, string value, string says)
    {
        await using var host = Host(("StreamFlow:" + key, value));

        var error = await Assert.ThrowsAsync<OptionsValidationException>(host.StartAsync);

        Assert.Equal(says, Assert.Single(error.Failures));
    }

    /// <summary>One file may serve several hosts, and not every application has a section.</summary>
    [Theory]
    [InlineData("Orders2")]
    [InlineData("Consumer")]
    [InlineData("orders-eu")]
    [InlineData("shipping")]
    public async Task Sections_of_other_hosts_are_left_alone(string name)
    {
        await using var host = Host(($"StreamFlow:{name}:BootstrapServers", "b:1"), ("StreamFlow:rocksdb:BackgroundJobs", "2"));

        await host.StartAsync();
        await host.StopAsync();
    }

    /// <summary>A name that is like another one is no mistake where both have a section.</summary>
    [Fact]
    public async Task A_section_beside_that_of_the_application_is_left_alone()
    {
        await using var host = Host(
            ("StreamFlow:orders:Streams:NumStreamThreads", "1"), ("StreamFlow:order:BootstrapServers", "b:1"),
            ("StreamFlow:billing:Streams:NumStreamThreads", "1"));

        await host.StartAsync();
        await host.StopAsync();
    }

    private static TestHost Host(params (string Key, string Value)[] settings) => new TestHost("in", "out")
        .Add("orders", Topologies.Shout)
        .Add("billing", Topologies.Shout)
        .Configure(settings);
}
