namespace StreamFlow.Broker.Storage;

/// <summary>Kafka's rule for topic names.</summary>
internal static class TopicNames
{
    public const int MaxLength = 249;

    /// <summary>What is wrong with a name; null when nothing is.</summary>
    public static string? Problem(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "A topic name must not be empty.";
        }

        if (name is "." or ".." || name.Length > MaxLength || !name.All(IsAllowed))
        {
            return $"Invalid topic name '{name[..Math.Min(name.Length, MaxLength)]}': use 1 to {MaxLength} ASCII "
                + "letters, digits, '.', '_' and '-', and not '.' or '..' alone.";
        }

        return null;
    }

    /// <summary>Names of the broker's own topics, which clients neither create, change nor delete.</summary>
    public static bool IsInternal(string name) => name is "__consumer_offsets" or "__transaction_state";

    /// <summary>Names that differ only in '.' and '_' collide in metric names.</summary>
    public static string CollisionKey(string name) => name.Replace('.', '_');

    private static bool IsAllowed(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-';
}
