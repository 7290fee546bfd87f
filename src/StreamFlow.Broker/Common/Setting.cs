namespace StreamFlow.Broker;

/// <summary>Checks values of options.</summary>
internal static class Setting
{
    /// <summary>Says which value of which option is wrong, and what it must be.</summary>
    /// <exception cref="ArgumentException">It does not hold.</exception>
    public static void Require<T>(bool holds, string name, T value, string remedy)
    {
        if (!holds)
        {
            throw new ArgumentException($"{name} is {value}; it must be {remedy}.", name);
        }
    }
}
