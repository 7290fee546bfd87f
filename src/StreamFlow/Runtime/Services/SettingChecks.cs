namespace StreamFlow.Runtime;

/// <summary>What the checks of settings share: how one is told.</summary>
internal static class SettingChecks
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static void Check<T>(List<string> errors, bool valid, string name, T value, string allowed)
    {
        if (!valid)
        {
            errors.Add($"{name} is '{(value is TimeSpan time ? Durations.Text(time) : value)}'; set it to {allowed}.");
        }
    }

    /// <summary>
    /// Of times that nobody wants to be days: to .NET a text <c>"5"</c> is five days, where five seconds were meant.
    /// </summary>
    public static void CheckTime(List<string> errors, bool longEnough, string name, TimeSpan value, string least) => Check(
        errors, longEnough && value <= Day, name, value, $"{least}, at most a day (\"00:00:05\" is five seconds, \"5\" five days)");

    public static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
