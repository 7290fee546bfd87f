using OrderCounts;

namespace StreamFlow.IntegrationTests.Sample;

/// <summary>The sample's command line.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("--orders abc", "--orders is 'abc'; give a whole number from 0 to 1000000000000000.")]
    [InlineData("--orders -5", "--orders is '-5'; give a whole number from 0 to 1000000000000000.")]
    [InlineData("--orders 1.5", "--orders is '1.5'; give a whole number from 0 to 1000000000000000.")]
    [InlineData("--partitions 0", "--partitions is '0'; give a whole number from 1 to 1024.")]
    [InlineData("--threads many", "--threads is 'many'; give a whole number from 1 to 64.")]
    [InlineData("--rate -1", "--rate is '-1'; give a whole number from 0 to 1000000.")]
    [InlineData("--seed x", "--seed is 'x'; give a whole number from -2147483648 to 2147483647.")]
    [InlineData("--duration soon", "--duration is 'soon'; give a number from 0.1 to 86400.")]
    public void What_is_no_number_gets_a_sentence_and_starts_nothing(string line, string says)
    {
        using var errors = new StringWriter();
        var started = false;
        var exitCode = Settings.Run(
            line.Split(' '),
            _ =>
            {
                started = true;
                return Task.FromResult(0);
            },
            errors);

        Assert.NotEqual(0, exitCode);
        Assert.False(started);
        Assert.Contains(says, errors.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_are_taken()
    {
        Settings? settings = null;
        Settings.Run("--generate 5 --partitions 2 --threads 3 --rate 7 --duration 1.5 --seed -1".Split(' '), s =>
        {
            settings = s;
            return Task.FromResult(0);
        });

        Assert.Equal(
            (5L, 2, 3, 7, TimeSpan.FromSeconds(1.5), -1),
            (settings!.Orders, settings.Partitions, settings.Threads, settings.Rate, settings.Duration!.Value, settings.Seed));
        Assert.Equal((4, 1, 42, 2000), Defaults());
    }

    private static (int Partitions, int Threads, int Seed, int Rate) Defaults()
    {
        Settings? settings = null;
        Settings.Run([], s =>
        {
            settings = s;
            return Task.FromResult(0);
        });
        return (settings!.Partitions, settings.Threads, settings.Seed, settings.Rate);
    }
}
