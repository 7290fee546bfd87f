namespace StreamFlow;

/// <summary>Rules for names of topics, and for names that become part of them (Kafka's, as in <c>Named</c> and <c>Topic</c>).</summary>
internal static class ResourceName
{
    /// <summary>How many characters the name of a topic may have.</summary>
    public const int MaxLength = 249;

    /// <exception cref="TopologyException">It is none; the message says why.</exception>
    public static string Check(string name) =>
        Complaint(name) is { } complaint ? throw new TopologyException($"'{name}' is no name: {complaint}.") : name;

    /// <exception cref="TopologyException">No topic can have that name; the message says why.</exception>
    public static string CheckTopic(string topic) =>
        Complaint(topic) is { } complaint ? throw new TopologyException($"'{topic}' is no name of a topic: {complaint}.") : topic;

    /// <summary>What is wrong with a name, or <see langword="null"/>.</summary>
    public static string? Complaint(string name)
    {
        if (name.Length is 0 or > MaxLength || name is "." or "..")
        {
            return $"it has {name.Length} characters; it must have 1 to {MaxLength} characters and not be '.' or '..'";
        }

        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
            {
                return $"it may have ASCII letters, digits, '.', '_' and '-', not '{c}'";
            }
        }

        return null;
    }
}
