namespace StreamFlow.Reactive;

/// <summary>What is wrong with an option.</summary>
internal static class OptionErrors
{
    public static ArgumentOutOfRangeException Refuse(string option, object? value, string remedy) => new(option, value, remedy);
}
