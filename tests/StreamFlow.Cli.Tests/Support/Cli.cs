using System.Text;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;

namespace StreamFlow.Cli.Tests.Support;

/// <summary>Runs commands in this process, as <c>streamflow</c> would in its own.</summary>
internal static class Cli
{
    /// <summary>Runs a command to its end.</summary>
    public static Task<Outcome> RunAsync(params string[] args) => RunAsync(new Setting(), args);

    /// <summary>As without a setting.</summary>
    public static async Task<Outcome> RunAsync(Setting setting, params string[] args)
    {
        using MemoryStream output = new();
        using StringWriter errors = new();
        using Terminal terminal = new(setting.Stream ?? new MemoryStream(setting.Input), output, errors, setting.Width);
        Surroundings surroundings = new(terminal, TimeProvider.System, name => setting.Variables.GetValueOrDefault(name));
        int code = await CommandLine.RunAsync(args, surroundings, setting.Cancelled);
        return new Outcome(code, Encoding.UTF8.GetString(output.ToArray()), errors.ToString(), output.ToArray());
    }
}

/// <summary>What a command finds when it starts.</summary>
internal sealed record Setting
{
    public byte[] Input { get; init; } = [];

    /// <summary>In the place of <see cref="Input"/>, for input that comes bit by bit.</summary>
    public Stream? Stream { get; init; }

    /// <summary>Columns of the terminal; null for a pipe.</summary>
    public int? Width { get; init; }

    public Dictionary<string, string> Variables { get; init; } = [];

    public CancellationToken Cancelled { get; init; }
}

/// <summary>What became of a command.</summary>
internal sealed record Outcome(int Code, string Output, string Errors, byte[] Bytes)
{
    /// <summary>The output of a command that must have succeeded.</summary>
    public string Succeeded()
    {
        Assert.True(Code == ExitCode.Success, $"exit code {Code}\n{Errors}\n{Output}");
        return Output;
    }

    /// <summary>The message of a command that must have failed: one line and nothing else.</summary>
    public string Failed(int code)
    {
        Assert.True(Code == code, $"exit code {Code}\n{Errors}\n{Output}");
        Assert.StartsWith("error: ", Errors, StringComparison.Ordinal);
        Assert.Equal(1, Errors.Count(c => c == '\n'));
        Assert.DoesNotContain("   at ", Errors, StringComparison.Ordinal);
        return Errors;
    }
}
