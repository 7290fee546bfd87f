using StreamFlow.Samples;

namespace StreamFlow.Samples.Tests.Common;

public sealed class SampleCommandLineTests
{
    private static readonly EchoSample Sample = new();

    [Fact]
    public async Task Without_options_it_generates_at_the_samples_rate_until_it_is_stopped()
    {
        var settings = await ParseAsync();
        Assert.Equal((null, long.MaxValue, null, 200, 42, null, null),
            (settings.BootstrapServers, settings.Count, settings.Duration, settings.Rate, settings.Seed, settings.StateDirectory, settings.Port));
        Assert.False(settings.Value(Sample.Loud));
    }

    [Fact]
    public async Task Options_arrive_and_a_count_is_generated_as_fast_as_it_goes()
    {
        var settings = await ParseAsync(
            "--bootstrap-servers", "a:1", "--count", "1000", "--duration", "2.5", "--seed", "-7", "--state-dir", "/s", "--port", "0", "--plain", "--loud");
        Assert.Equal(("a:1", 1000L, TimeSpan.FromSeconds(2.5), 0, -7, "/s", 0, true), (settings.BootstrapServers, settings.Count,
            settings.Duration!.Value, settings.Rate, settings.Seed, settings.StateDirectory, settings.Port!.Value, settings.Plain));
        Assert.True(settings.Value(Sample.Loud));
        Assert.Equal(30, (await ParseAsync("--count", "5", "--rate", "30")).Rate);
    }

    [Theory]
    [InlineData("--count is 'many'; give a whole number from 0 to 1000000000000000.", "--count", "many")]
    [InlineData("--count is '-1'; give a whole number from 0 to 1000000000000000.", "--count", "-1")]
    [InlineData("--rate is '1.5'; give a whole number from 0 to 1000000.", "--rate", "1.5")]
    [InlineData("--listen is 'here'; give an IP address, such as 127.0.0.1 or 0.0.0.0.", "--listen", "here")]
    [InlineData("--port is '70000'; give a whole number from 0 to 65535.", "--port", "70000")]
    [InlineData("--duration is '0'; give a number from 0.1 to 86400.", "--duration", "0")]
    [InlineData("--duration is 'NaN'; give a number from 0.1 to 86400.", "--duration", "NaN")]
    [InlineData("--seed is '3000000000'; give a whole number from -2147483648 to 2147483647.", "--seed", "3000000000")]
    public async Task Bad_values_are_told_in_a_sentence(string complaint, params string[] args)
    {
        using var errors = new StringWriter();
        var code = await SampleCommandLine.RunAsync(args, Sample, _ => throw new InvalidOperationException("It ran."), errors);
        Assert.Equal(1, code);
        Assert.Equal(complaint, errors.ToString().Trim());
    }

    private static async Task<SampleSettings> ParseAsync(params string[] args)
    {
        SampleSettings? found = null;
        Assert.Equal(0, await SampleCommandLine.RunAsync(args, Sample, settings =>
        {
            found = settings;
            return Task.FromResult(0);
        }));
        return found!;
    }
}
