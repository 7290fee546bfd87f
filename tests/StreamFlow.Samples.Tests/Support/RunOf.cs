namespace StreamFlow.Samples.Tests;

/// <summary>Runs a sample to its end, on the embedded broker and free ports.</summary>
internal static class RunOf
{
    /// <returns>The exit code and what was written, errors included.</returns>
    public static async Task<(int Code, string Output)> SampleAsync(ISample sample, SampleSettings settings)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var code = await SampleHost.RunAsync(settings with { Port = 0, Plain = true }, sample, new SampleOutput(output, output));
        return (code, output.ToString());
    }

    public static void AssertBalanced((int Code, string Output) run)
    {
        Assert.True(run.Code == 0, run.Output);
        Assert.EndsWith("\nBALANCED\n", run.Output, StringComparison.Ordinal);
    }

    /// <summary>The books have noticed, and say what.</summary>
    public static void AssertNotBalanced((int Code, string Output) run, string mismatch)
    {
        Assert.Equal(1, run.Code);
        Assert.Contains($"MISMATCH  {mismatch}", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("\nNOT BALANCED\n", run.Output, StringComparison.Ordinal);
    }
}
