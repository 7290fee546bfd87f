using System.CommandLine;

namespace StreamFlow.Cli.Options;

/// <summary>
/// An option whose description names its default. With a default of System.CommandLine's own, its help would show the value once more, and as
/// .NET writes it rather than as it is typed.
/// </summary>
internal sealed class DefaultedOption<T>(string name, T @default) : Option<T>(name)
{
    /// <summary>The value when the option is not given; <see cref="CommandContext.Get{T}(Option{T})"/> knows it.</summary>
    public T Default { get; } = @default;
}
